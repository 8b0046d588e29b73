CASE WHEN
    (:{in_order})
    AND (pg_catalog.current_setting('request.path', true) OPERATOR(pg_catalog.!~~) '_%/%':{may_call}):{has_no_settings}:{become}
    AND pg_catalog.set_config('response.headers', '[{"Cache-Control": "private, no-store"}]', true) IS NOT NULL
    AND pg_catalog.set_config('statement_timeout', :{timeout}, true) IS NOT NULL:{not_revoked}
  THEN ''::pg_catalog.void
  ELSE :"private".examine_request()
END
