:"private".try_cast(subject, NULL::uuid)::text
