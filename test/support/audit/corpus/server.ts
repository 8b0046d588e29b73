import { casesOn } from './case.ts';
import { asAnn, claim, notes, ownNotes, protect, SAFE_PATH } from './snippets.ts';

const setOn = (role: string, setting: string, value: string) => ({
  sql: `${ownNotes} RESET ROLE; ALTER ROLE ${role} SET ${setting} = '${value}';`,
  undo: `ALTER ROLE ${role} RESET ${setting}`,
});
const onDatabase = (setting: string, value: string) =>
  `RESET ROLE; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${setting} = %L', current_database(), '${value}'); END $$;`;

/** Settings of roles and databases, of PostgREST too, and event triggers. */
export const server = casesOn('postgrest', [
  {
    id: 'members-without-timeout',
    title: 'requests of members may run for ever',
    grade: 'slow',
    rules: ['missing_timeout'],
    sql: `${ownNotes} RESET ROLE; ALTER ROLE member RESET statement_timeout;`,
    undo: `ALTER ROLE member SET statement_timeout = '8s'`,
  },
  {
    id: 'anonymous-with-timeout-zero',
    title: 'the timeout of anonymous is zero, which is none',
    grade: 'slow',
    rules: ['missing_timeout'],
    sql: `${ownNotes} RESET ROLE; ALTER ROLE anon SET statement_timeout = 0;`,
    undo: `ALTER ROLE anon SET statement_timeout = '3s'`,
  },
  {
    id: 'timeout-of-the-authenticator',
    title: 'the timeout is that of the authenticator',
    grade: 'fine',
    sql: `${ownNotes} RESET ROLE; ALTER ROLE member RESET statement_timeout; ALTER ROLE anon RESET statement_timeout; ALTER ROLE authenticator SET statement_timeout = '10s';`,
    undo: `ALTER ROLE authenticator RESET statement_timeout; ALTER ROLE member SET statement_timeout = '8s'; ALTER ROLE anon SET statement_timeout = '3s'`,
  },
  {
    id: 'timeout-of-the-database',
    title: 'the timeout is that of the database',
    grade: 'fine',
    sql: `${ownNotes} ${onDatabase('statement_timeout', '10s')} ALTER ROLE member RESET statement_timeout; ALTER ROLE anon RESET statement_timeout;`,
    undo: `ALTER ROLE member SET statement_timeout = '8s'; ALTER ROLE anon SET statement_timeout = '3s'`,
  },
  {
    id: 'secret-of-tokens-in-a-setting',
    title: 'the secret of tokens is a setting of the authenticator, which every role may read',
    grade: 'open',
    rules: ['secret_in_settings'],
    ...setOn('authenticator', 'pgrst.jwt_secret', 'reallyreallyreallyreallyverysafe'),
    shows: [asAnn('some', `SELECT FROM pg_catalog.pg_db_role_setting WHERE setconfig::text LIKE '%reallyreally%'`)],
  },
  {
    id: 'secret-in-a-setting-of-the-database',
    title: 'the secret of tokens is a setting of the database, as old tutorials have it',
    grade: 'open',
    rules: ['secret_in_settings'],
    sql: onDatabase('app.jwt_secret', 'reallyreallyreallyreallyverysafe'),
    shows: [asAnn('some', `SELECT FROM pg_catalog.pg_db_role_setting WHERE setconfig::text LIKE '%reallyreally%'`)],
  },
  {
    id: 'harmless-settings-of-postgrest',
    title: 'settings of PostgREST that hold no secret',
    grade: 'fine',
    sql: `${ownNotes} RESET ROLE; ALTER ROLE authenticator SET pgrst.jwt_aud = 'api'; ALTER ROLE authenticator SET pgrst.db_max_rows = '1000';
      ALTER ROLE authenticator SET pgrst.jwt_role_claim_key = '.role'; ALTER ROLE authenticator SET pgrst.jwt_secret_is_base64 = 'true';`,
    undo: `ALTER ROLE authenticator RESET pgrst.jwt_aud; ALTER ROLE authenticator RESET pgrst.db_max_rows; ALTER ROLE authenticator RESET pgrst.jwt_role_claim_key; ALTER ROLE authenticator RESET pgrst.jwt_secret_is_base64`,
  },
  {
    id: 'public-key-in-a-setting',
    title: 'the key of tokens is a setting of the authenticator, and it is a public key',
    grade: 'fine',
    ...setOn(
      'authenticator',
      'pgrst.jwt_secret',
      '{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}',
    ),
  },
  {
    id: 'triggers-off-for-requests',
    title: 'triggers and foreign keys are off for all requests',
    grade: 'open',
    rules: ['weakening_setting'],
    ...setOn('authenticator', 'session_replication_role', 'replica'),
  },
  {
    id: 'row-security-off-for-members',
    title: 'row security is off for members: every request that policies would bind fails',
    grade: 'slow',
    rules: ['weakening_setting'],
    ...setOn('member', 'row_security', 'off'),
    shows: [asAnn('fails', 'SET LOCAL row_security = off; SELECT FROM api.notes')],
  },
  {
    id: 'tenant-by-a-setting-of-the-database',
    title: 'the tenant that policies ask for is a setting of the database, so that all have the same',
    grade: 'open',
    rules: ['weakening_setting', 'fixed_identity'],
    sql: `CREATE TABLE api.orders (id int PRIMARY KEY, tenant_id text NOT NULL); INSERT INTO api.orders VALUES (1, '1'); CREATE INDEX ON api.orders (tenant_id); ${protect('api.orders')}
      GRANT SELECT ON api.orders TO member; CREATE POLICY tenant ON api.orders FOR SELECT TO member USING (tenant_id = (SELECT current_setting('app.tenant', true)));
      ${onDatabase('app.tenant', '1')}`,
    shows: [asAnn('some', `SET LOCAL app.tenant = '1'; SELECT FROM api.orders`)],
  },
  {
    id: 'plans-for-everybody',
    title: 'everybody may ask for the plan of a request, which counts hidden rows',
    grade: 'open',
    rules: ['risky_server_setting'],
    ...setOn('authenticator', 'pgrst.db_plan_enabled', 'true'),
    shows: [asAnn('some', 'EXPLAIN SELECT FROM api.notes')],
  },
  {
    id: 'plans-for-nobody',
    title: 'plans are off in so many words',
    grade: 'fine',
    ...setOn('authenticator', 'pgrst.db_plan_enabled', 'false'),
  },
  {
    id: 'missing-pre-request',
    title: 'the pre-request function does not exist: every request fails',
    grade: 'slow',
    rules: ['risky_server_setting'],
    ...setOn('authenticator', 'pgrst.db_pre_request', 'api.check_token'),
    shows: [asAnn('fails', 'SELECT api.check_token()')],
  },
  {
    id: 'pre-request-without-grant',
    title: 'the pre-request function may not be executed by members: every request fails',
    grade: 'slow',
    rules: ['risky_server_setting', 'failing_policy'],
    sql: `${ownNotes} CREATE FUNCTION private.check_token() RETURNS void LANGUAGE sql ${SAFE_PATH} AS ''; RESET ROLE; ALTER ROLE authenticator SET pgrst.db_pre_request = 'private.check_token';`,
    undo: 'ALTER ROLE authenticator RESET pgrst.db_pre_request',
    shows: [asAnn('fails', 'SELECT private.check_token()')],
  },
  {
    id: 'private-schema-exposed',
    title: 'PostgREST exposes a second schema, whose tables rely on not being exposed',
    grade: 'open',
    rules: ['rls_disabled'],
    sql: `CREATE TABLE private.notes (id int PRIMARY KEY, user_id text NOT NULL); INSERT INTO private.notes VALUES (1, 'bob'); GRANT USAGE ON SCHEMA private TO member;
      GRANT SELECT ON private.notes TO member; RESET ROLE; ALTER ROLE authenticator SET pgrst.db_schemas = 'api, private';`,
    undo: `ALTER ROLE authenticator SET pgrst.db_schemas = 'api'`,
    shows: [asAnn('some', 'SELECT FROM private.notes')],
  },
  {
    id: 'schema-cache-by-event-trigger',
    title: 'an event trigger tells PostgREST of new tables, as its documentation has it',
    grade: 'fine',
    sql: `${ownNotes} RESET ROLE; CREATE FUNCTION private.reload() RETURNS event_trigger LANGUAGE plpgsql ${SAFE_PATH} AS $$ BEGIN NOTIFY pgrst, 'reload schema'; END $$;
      CREATE EVENT TRIGGER reload ON ddl_command_end EXECUTE FUNCTION private.reload();`,
  },
  {
    id: 'grants-by-event-trigger',
    title: 'an event trigger grants anonymous every new table',
    grade: 'open',
    rules: ['event_trigger', 'default_privileges'],
    sql: `RESET ROLE; CREATE FUNCTION private.open() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER ${SAFE_PATH}
        AS $$ BEGIN EXECUTE 'GRANT SELECT ON ALL TABLES IN SCHEMA api TO anon'; END $$;
      CREATE EVENT TRIGGER open_new ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION private.open();`,
  },
  {
    id: 'tenant-claim-with-a-default-of-nothing',
    title: 'the tenant has a default that is the empty text: nobody without the claim sees a row',
    grade: 'closed',
    sql: `${notes} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = coalesce(${claim('sub')}, ''));`,
    shows: [{ as: 'member', sql: 'SELECT FROM api.notes', rows: 'none' }],
  },
]);
