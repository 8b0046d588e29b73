pg_catalog.jsonb_build_object('role', current_user)
