(:"until" IS NULL OR pg_catalog.now() < :"until")
