:"column" = ANY (ARRAY(SELECT member FROM :"private".:"function"() AS member))
