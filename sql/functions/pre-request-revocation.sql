  -- What a revocation goes by: it would miss a token where one of these is something else.
  IF problem IS NULL THEN
    problem := CASE
      WHEN jsonb_typeof(claims -> 'iat') <> 'number' THEN 'the claim "iat" is no number'
      WHEN jsonb_typeof(claims -> 'jti') <> 'string' THEN 'the claim "jti" is no text'
      WHEN coalesce(claims #> ARRAY[:'subject'], 'null') = 'null' THEN format('the claim "%s" is missing', :'subject_name')
      WHEN jsonb_typeof(claims #> ARRAY[:'subject']) NOT IN ('string', 'number') THEN
        format('the claim "%s" is neither a text nor a number', :'subject_name')
      -- Longer ones fit into no index.
      WHEN octet_length(claims ->> 'jti') > 1000 THEN 'the claim "jti" is too long'
      WHEN octet_length(claims #>> ARRAY[:'subject']) > 1000 THEN format('the claim "%s" is too long', :'subject_name')
      WHEN :"private".token_is_revoked() THEN 'the token is revoked'
    END;
  END IF;
