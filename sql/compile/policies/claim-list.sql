:"column" = ANY (ARRAY(SELECT :{member} FROM :"private".claim_list(:'claim') AS member))
