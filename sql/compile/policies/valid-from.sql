(:"from" IS NULL OR :"from" <= pg_catalog.now())
