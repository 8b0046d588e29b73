:"column" = ANY (ARRAY(SELECT :"private".:"function"()))
