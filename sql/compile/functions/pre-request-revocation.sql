
  IF problem IS NULL AND :"private".token_is_revoked() THEN
    problem := 'the token is revoked';
  END IF;
