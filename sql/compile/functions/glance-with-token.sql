-- PostgREST shows the credentials in a subject that is a URL as dots, which an escape could hide.
      pg_catalog.current_setting('request.jwt.claims', true) OPERATOR(pg_catalog.!~~) ALL (ARRAY['%:...@%', '%\\u%', '']::pg_catalog.text[])
        AND pg_catalog.jsonb_path_match(:{claims}, :'in_order',
          pg_catalog.jsonb_build_object('clock', extract(epoch FROM pg_catalog.now())), true)
