CASE
  -- Most are spelled as Postgres does, or no number at all; a cast costs more than to see that.
  WHEN ltrim(subject, '0123456789') = '' AND subject NOT LIKE '0%' AND length(subject) BETWEEN 1 AND 18 THEN NULL
  WHEN subject LIKE '________-____-____-____-____________' AND ltrim(subject, '0123456789abcdef-') = '' THEN NULL
  ELSE trim_scale(:"private".try_cast(subject, NULL::numeric))::text
END
