:'claim'::pg_catalog.jsonb
