CREATE POLICY :"policy" ON :"schema".:"table" AS :{mode} FOR :{command} TO :"roles" :{clauses}
