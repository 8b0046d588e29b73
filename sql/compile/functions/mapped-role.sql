
        WHEN held ?| ARRAY[:'values'] THEN :'role'
