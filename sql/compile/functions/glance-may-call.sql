
      OR pg_catalog.concat(:{role}, pg_catalog.current_setting('request.path', true))
        OPERATOR(pg_catalog.=) ANY (ARRAY[:'calls']::pg_catalog.text[])
