
      WHEN pg_catalog.jsonb_path_match(:{claims}, :'held', '{}', true) THEN :'role'
