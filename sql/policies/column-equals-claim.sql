:"column" = (SELECT :"private".claim(:'claim')::pg_catalog.:"type")
