-- Runs before each request (db-pre-request), as the request's role: what PostgREST does not check of a token. As a plain
-- expression without settings of its own it becomes a part of the query that calls it, which each session plans once. It runs
-- with the request's search path, so each name has its schema.
CREATE OR REPLACE FUNCTION :"private".pre_request() RETURNS pg_catalog.void
LANGUAGE sql VOLATILE
AS :'body'
