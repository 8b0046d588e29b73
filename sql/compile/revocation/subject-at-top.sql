(claims ->> :'path')
