:"column" = :'value'
