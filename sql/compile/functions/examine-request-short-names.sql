
    AND octet_length(claims ->> 'jti') <= 1000 AND octet_length(claims #>> ARRAY[:'subject']) <= 1000
