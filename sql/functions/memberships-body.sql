SELECT :"key" FROM :"schema".:"table" WHERE :"member" = (SELECT :"private".claim(:'claim')::pg_catalog.:"type"):{conditions}
