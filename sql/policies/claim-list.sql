:"column" = ANY (ARRAY(SELECT :"private".claim_list(:'claim')::pg_catalog.:"type"))
