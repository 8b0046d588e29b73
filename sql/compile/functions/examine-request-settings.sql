
  DECLARE
    -- One role, name and value at each place.
    setting_roles CONSTANT text[] := ARRAY[:'setting_roles']::text[];
    setting_names CONSTANT text[] := ARRAY[:'setting_names']::text[];
    setting_values CONSTANT text[] := ARRAY[:'setting_values']::text[];
  BEGIN
    FOR n IN 1 .. cardinality(setting_roles) LOOP
      CONTINUE WHEN setting_roles[n] <> current_user;
      -- PostgREST has set the time zone that the request prefers, if there is such a one.
      CONTINUE WHEN setting_names[n] = 'timezone' AND lower(current_setting('TimeZone'))
        = lower(substring(nullif(current_setting('request.headers', true), '')::json ->> 'prefer' FROM 'timezone=([^,; ]+)'));
      BEGIN
        applied := set_config(setting_names[n], setting_values[n], true);
      EXCEPTION WHEN insufficient_privilege OR cant_change_runtime_param THEN
        -- What the role itself may not set stays as it is.
      END;
    END LOOP;
  END;
