CASE:{arms} ELSE pg_catalog.current_setting('statement_timeout') END
