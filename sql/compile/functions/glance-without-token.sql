pg_catalog.current_setting('request.jwt.claims', true) OPERATOR(pg_catalog.=) :'claims'
        AND current_user OPERATOR(pg_catalog.=) :'anonymous'
      OR :{with_token}
