
      WHEN current_user OPERATOR(pg_catalog.=) ANY (ARRAY[:'roles']::pg_catalog.name[]) THEN :'timeout'
