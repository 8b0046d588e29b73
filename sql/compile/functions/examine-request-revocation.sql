
  IF :"private".token_is_revoked() THEN
    RAISE SQLSTATE 'PT401' USING MESSAGE = 'the token is not valid here', DETAIL = 'the token is revoked';
  END IF;
