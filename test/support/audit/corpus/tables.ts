import { casesOn } from './case.ts';
import { asAnn, asAnonymous, claim, notes, openNotes, ownNotes, protect, SAFE_PATH, SUB } from './snippets.ts';

/** Row security of tables: off, not forced, without a policy. */
export const tables = casesOn('postgrest', [
  {
    id: 'rls-off-for-anonymous',
    title: 'a table without row security, granted to anonymous',
    grade: 'open',
    rules: ['rls_disabled', 'public_rows'],
    sql: `${openNotes} GRANT SELECT ON api.notes TO anon;`,
    shows: [asAnonymous('some', 'SELECT FROM api.notes')],
  },
  {
    id: 'rls-off-for-members',
    title: 'a table without row security, granted to members',
    grade: 'open',
    rules: ['rls_disabled'],
    sql: `${openNotes} GRANT SELECT, UPDATE ON api.notes TO member;`,
    shows: [asAnn('some', `UPDATE api.notes SET body = '' WHERE user_id = 'bob'`)],
  },
  {
    id: 'policies-without-row-security',
    title: 'policies are written, and row security was never enabled',
    grade: 'open',
    rules: ['rls_disabled'],
    sql: `${openNotes} GRANT SELECT ON api.notes TO member;
      CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});`,
    shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'rls-off-for-one-column',
    title: 'anonymous is granted one column of a table without row security',
    grade: 'open',
    rules: ['rls_disabled', 'public_rows'],
    sql: `${openNotes} GRANT SELECT (body) ON api.notes TO anon;`,
    shows: [asAnonymous('some', 'SELECT body FROM api.notes')],
  },
  {
    id: 'rls-off-for-public',
    title: 'a table without row security, granted to PUBLIC',
    grade: 'open',
    rules: ['rls_disabled', 'granted_to_public'],
    sql: `${openNotes} GRANT SELECT ON api.notes TO PUBLIC;`,
    shows: [asAnonymous('some', 'SELECT FROM api.notes')],
  },
  {
    id: 'rls-off-insert-only',
    title: 'anonymous may only insert, as whom it likes',
    grade: 'open',
    rules: ['rls_disabled'],
    sql: `${openNotes} GRANT INSERT ON api.notes TO anon;`,
    shows: [asAnonymous('some', `INSERT INTO api.notes VALUES (3, 'bob', 'forged')`)],
  },
  {
    id: 'rls-off-through-inherited-role',
    title: 'the grant comes from a role that members inherit',
    grade: 'open',
    rules: ['rls_disabled'],
    sql: `${openNotes} RESET ROLE; CREATE ROLE readers; GRANT readers TO member; GRANT SELECT ON api.notes TO readers;`,
    undo: 'DROP ROLE readers',
    shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'rls-off-through-role-not-inherited',
    title: 'the grant belongs to a role that members have without inheriting it',
    grade: 'closed',
    sql: `${openNotes} RESET ROLE; CREATE ROLE readers; GRANT readers TO member WITH INHERIT FALSE, SET FALSE; GRANT SELECT ON api.notes TO readers;`,
    undo: 'DROP ROLE readers',
    shows: [asAnn('fails', 'SELECT FROM api.notes')],
  },
  {
    id: 'rls-off-without-grant',
    title: 'a table without row security that no role of requests is granted',
    grade: 'closed',
    sql: openNotes,
    shows: [asAnonymous('fails', 'SELECT FROM api.notes'), asAnn('fails', 'SELECT FROM api.notes')],
  },
  {
    id: 'rls-off-granted-to-a-backend',
    title: 'a table without row security, granted to a role that requests cannot become',
    grade: 'closed',
    sql: `${openNotes} RESET ROLE; CREATE ROLE backend; GRANT USAGE ON SCHEMA api TO backend; GRANT SELECT ON api.notes TO backend;`,
    undo: 'DROP ROLE backend',
    shows: [asAnn('fails', 'SELECT FROM api.notes')],
  },
  {
    id: 'rls-off-in-a-schema-without-usage',
    title: 'a grant on a table of a schema that nobody may use',
    grade: 'closed',
    rules: ['rls_disabled'],
    sql: `CREATE TABLE private.audit (id int PRIMARY KEY, user_id text); INSERT INTO private.audit VALUES (1, 'bob');
      GRANT SELECT ON private.audit TO anon, member;`,
    shows: [asAnn('fails', 'SELECT FROM private.audit')],
  },
  {
    id: 'rls-off-in-a-schema-not-exposed',
    title: 'a granted table in a schema that PostgREST does not expose, and nothing of the API leads to it',
    grade: 'closed',
    rules: ['rls_disabled'],
    sql: `CREATE SCHEMA data; GRANT USAGE ON SCHEMA data TO member;
      CREATE TABLE data.notes (id int PRIMARY KEY, user_id text); GRANT SELECT ON data.notes TO member;`,
  },
  {
    id: 'rls-off-behind-an-invoker-view',
    title: 'a view with the rights of the caller leads to a table without row security',
    grade: 'open',
    rules: ['rls_disabled', 'view_bypasses_policies', 'unscoped_column', 'public_rows'],
    sql: `CREATE SCHEMA data; GRANT USAGE ON SCHEMA data TO member;
      CREATE TABLE data.notes (id int PRIMARY KEY, user_id text); INSERT INTO data.notes VALUES (1, 'bob');
      CREATE VIEW api.notes WITH (security_invoker) AS SELECT * FROM data.notes;
      GRANT SELECT ON data.notes, api.notes TO member;`,
    shows: [asAnn('some', 'SELECT FROM api.notes')],
  },
  {
    id: 'rls-off-behind-an-invoker-function',
    title: 'a function with the rights of the caller leads to a table without row security',
    grade: 'open',
    rules: ['rls_disabled'],
    sql: `CREATE SCHEMA data; GRANT USAGE ON SCHEMA data TO member;
      CREATE TABLE data.notes (id int PRIMARY KEY, user_id text); INSERT INTO data.notes VALUES (1, 'bob');
      GRANT SELECT ON data.notes TO member;
      CREATE FUNCTION api.all_notes() RETURNS SETOF data.notes LANGUAGE sql STABLE ${SAFE_PATH} AS 'SELECT * FROM data.notes';
      GRANT EXECUTE ON FUNCTION api.all_notes TO member;`,
    shows: [asAnn('some', 'SELECT FROM api.all_notes()')],
  },
  {
    id: 'exposed-by-the-setting-of-one-database',
    title: 'a schema that only a setting of this database exposes has a table without row security',
    grade: 'open',
    rules: ['rls_disabled'],
    sql: `CREATE SCHEMA data; GRANT USAGE ON SCHEMA data TO member;
      CREATE TABLE data.notes (id int PRIMARY KEY, user_id text); INSERT INTO data.notes VALUES (1, 'bob');
      GRANT SELECT ON data.notes TO member;
      RESET ROLE;
      DO $$ BEGIN EXECUTE format('ALTER ROLE authenticator IN DATABASE %I SET pgrst.db_schemas = %L', current_database(), 'api, data'); END $$;`,
    shows: [asAnn('some', 'SELECT FROM data.notes')],
  },
  {
    id: 'own-rows',
    title: 'each member reads and writes their own rows',
    grade: 'fine',
    sql: ownNotes,
    shows: [
      asAnn('some', 'SELECT FROM api.notes'),
      asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`),
      asAnn('fails', `UPDATE api.notes SET user_id = 'bob'`),
    ],
  },
  {
    id: 'own-rows-not-forced',
    title: 'row security is not forced, and no request runs as the owner',
    grade: 'fine',
    rules: ['rls_not_forced'],
    sql: `${openNotes} ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.notes TO member;
      CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${SUB});`,
    shows: [asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'owner-is-a-role-of-requests',
    title: 'members own the table, and row security is not forced',
    grade: 'open',
    rules: ['rls_not_forced', 'role_owns_objects'],
    sql: `${openNotes} ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY;
      CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB}); RESET ROLE; ALTER TABLE api.notes OWNER TO member;`,
    shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'members-inherit-the-owner',
    title: 'members inherit the owner of the table, and row security is not forced',
    grade: 'open',
    rules: ['rls_not_forced', 'role_member', 'role_owns_objects'],
    sql: `${openNotes} ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.notes TO member;
      CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB}); RESET ROLE; GRANT owner TO member;`,
    undo: 'REVOKE owner FROM member',
    shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'row-security-without-policies',
    title: 'row security without a policy: everything is denied',
    grade: 'closed',
    rules: ['no_policy'],
    sql: `${notes} GRANT ALL ON api.notes TO anon, member;`,
    shows: [asAnonymous('none', 'SELECT FROM api.notes'), asAnn('none', 'DELETE FROM api.notes')],
  },
  {
    id: 'no-policy-for-anonymous',
    title: 'anonymous has a grant, and all policies are for members',
    grade: 'closed',
    rules: ['no_policy'],
    sql: `${ownNotes} GRANT SELECT ON api.notes TO anon;`,
    shows: [asAnonymous('none', 'SELECT FROM api.notes')],
  },
  {
    id: 'only-restrictive-policies',
    title: 'all policies are restrictive: none gives a row',
    grade: 'closed',
    rules: ['dead_policy', 'no_policy'],
    sql: `${notes} GRANT SELECT ON api.notes TO member;
      CREATE POLICY all_of_them ON api.notes AS RESTRICTIVE TO member USING (true);`,
    shows: [asAnn('none', 'SELECT FROM api.notes')],
  },
  {
    id: 'policy-never-true',
    title: 'a policy that says in words that nobody may',
    grade: 'closed',
    rules: ['dead_policy'],
    sql: `${notes} GRANT SELECT ON api.notes TO anon; CREATE POLICY nobody ON api.notes TO anon USING (false);`,
    shows: [asAnonymous('none', 'SELECT FROM api.notes')],
  },
  {
    id: 'tenant-floor',
    title: 'a restrictive policy keeps to the tenant, permissive ones give own and shared rows',
    grade: 'fine',
    rules: ['several_permissive'],
    sql: `CREATE TABLE api.docs (id int PRIMARY KEY, tenant_id text NOT NULL, user_id text NOT NULL, shared boolean NOT NULL);
      INSERT INTO api.docs VALUES (1, 'a', 'ann', false), (2, 'a', 'bob', false), (3, 'a', 'bob', true), (4, 'b', 'eve', true);
      CREATE INDEX ON api.docs (tenant_id); CREATE INDEX ON api.docs (user_id); CREATE INDEX ON api.docs (shared); ${protect('api.docs')}
      GRANT SELECT ON api.docs TO member;
      CREATE POLICY tenant ON api.docs AS RESTRICTIVE FOR SELECT TO member USING (tenant_id = ${claim('tenant')});
      CREATE POLICY own ON api.docs FOR SELECT TO member USING (user_id = ${SUB});
      CREATE POLICY shared ON api.docs FOR SELECT TO member USING (shared);`,
    shows: [
      asAnn('some', `SELECT FROM api.docs WHERE id IN (1, 3)`, { tenant: 'a' }),
      asAnn('none', `SELECT FROM api.docs WHERE id IN (2, 4)`, { tenant: 'a' }),
    ],
  },
]);
