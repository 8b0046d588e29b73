(claims #>> ARRAY[:'path'])
