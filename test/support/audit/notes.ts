/** The claim that says who asks. */
export const SUB = `(SELECT nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')`;

/** Notes of users, whose policy gives each member their own; row security binds the owner too. */
export const OWN_NOTES = `
  CREATE TABLE api.notes (id int PRIMARY KEY, user_id text NOT NULL, body text);
  CREATE INDEX ON api.notes (user_id);
  ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY;
  ALTER TABLE api.notes FORCE ROW LEVEL SECURITY;
  GRANT SELECT, INSERT, UPDATE, DELETE ON api.notes TO member;
  CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});`;

/** Runs a statement with the name of the database in the place of `%I`. */
export const onDatabase = (statement: string) =>
  `RESET ROLE; DO $do$ BEGIN EXECUTE format($sql$${statement}$sql$, current_database()); END $do$;`;
