:"column" IN (:'values')
