SELECT :"key" FROM :"schema".:"table" WHERE :"member" = (SELECT :{claim}):{conditions}
