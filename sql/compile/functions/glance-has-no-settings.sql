
    AND :{role}::pg_catalog.text OPERATOR(pg_catalog.<>) ALL (ARRAY[:'setting_roles']::pg_catalog.text[])
