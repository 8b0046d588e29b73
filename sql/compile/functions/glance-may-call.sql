
      OR pg_catalog.concat(:{role}, pg_catalog.substr(pg_catalog.current_setting('request.path', true), 5))
        OPERATOR(pg_catalog.=) ANY (ARRAY[:'calls']::pg_catalog.text[])
