
      IF problem IS NULL AND trusted -> 'claims' <> '{}' THEN
        SELECT format('the claim "%s" is another one', expected.claim) INTO problem
        FROM jsonb_each(trusted -> 'claims') AS expected(claim, allowed)
        WHERE NOT coalesce(
          jsonb_typeof(claims -> expected.claim) = 'string' AND expected.allowed ? (claims ->> expected.claim), false)
        LIMIT 1;
      END IF;
