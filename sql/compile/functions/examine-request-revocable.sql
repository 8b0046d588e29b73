
      -- What a revocation goes by: it would miss a token where one of these is something else.
      IF problem IS NULL THEN
        problem := CASE
          WHEN jsonb_typeof(claims -> 'jti') <> 'string' THEN 'the claim "jti" is no text'
          WHEN claims #>> ARRAY[:'subject'] IS NULL THEN 'the claim "' || :'subject_name' || '" is missing'
          WHEN jsonb_typeof(claims #> ARRAY[:'subject']) <> ALL ('{string,number}') THEN
            'the claim "' || :'subject_name' || '" is neither a text nor a number'
          -- Longer ones fit into no index.
          WHEN octet_length(claims ->> 'jti') > 1000 THEN 'the claim "jti" is too long'
          WHEN octet_length(claims #>> ARRAY[:'subject']) > 1000 THEN 'the claim "' || :'subject_name' || '" is too long'
        END;
      END IF;
