:"column" = (SELECT :{claim})
