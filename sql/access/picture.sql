-- Grants and policies as an access map shows them; nothing runs them.

-- name: grant
GRANT :{privilege} ON :"schema".:"relation" TO :{grantee}
-- name: grant_columns
GRANT :{privilege} (:"columns") ON :"schema".:"relation" TO :{grantee}
-- name: grant_function
GRANT EXECUTE ON FUNCTION :{function} TO :{grantee}

-- name: policy
CREATE POLICY :"policy" ON :"schema".:"relation" AS :{mode} FOR :{command} TO :{roles}:{clauses}
