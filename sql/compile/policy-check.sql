SELECT FROM :"schema".:"table" WHERE (:{condition}
) LIMIT 0
