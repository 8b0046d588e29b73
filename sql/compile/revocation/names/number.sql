trim_scale(:"private".try_cast(subject, NULL::numeric))::text
