
    AND pg_catalog.set_config('role', :{role}, true) IS NOT NULL
    AND pg_catalog.set_config('request.jwt.claims', (:{claims} OPERATOR(pg_catalog.||) :{role_claim})::pg_catalog.text, true) IS NOT NULL
