
    AND NOT :"private".token_is_revoked()
