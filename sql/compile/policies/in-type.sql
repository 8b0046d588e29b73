:"private".try_cast(:{value}, NULL::pg_catalog.:"type")
