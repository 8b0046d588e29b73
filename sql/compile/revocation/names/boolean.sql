:"private".try_cast(subject, NULL::bool)::text
