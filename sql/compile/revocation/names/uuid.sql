CASE
  WHEN ltrim(subject, '0123456789') = '' AND length(subject) < 32 THEN NULL
  WHEN subject LIKE '________-____-____-____-____________' AND ltrim(subject, '0123456789abcdef-') = ''
    AND length(replace(subject, '-', '')) = 32 THEN NULL
  ELSE :"private".try_cast(subject, NULL::uuid)::text
END
