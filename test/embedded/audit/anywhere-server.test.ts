import { describe, expect, test } from 'vitest';
import { useAnywhereDatabase } from '../../support/audit/anywhere-database.ts';
import { onDatabase, OWN_NOTES } from '../../support/audit/notes.ts';
import { testRule } from '../../support/audit/rule-cases.ts';
import { SUPABASE } from '../../support/audit/supabase-base.ts';

const database = useAnywhereDatabase();
const set = (role: string, setting: string, value: string) =>
  `RESET ROLE; ALTER ROLE ${role} SET ${setting} = '${value}';`;

describe('missing_timeout', () => {
  const none = 'RESET ROLE; ALTER ROLE member RESET statement_timeout;';
  testRule(
    database,
    'missing_timeout',
    [
      { title: 'a role without one', sql: none, level: 'warning', object: 'role member', says: ['for ever'] },
      {
        title: 'a role whose timeout is zero',
        sql: set('anon', 'statement_timeout', '0'),
        level: 'warning',
        object: 'role anon',
        says: ['for ever'],
      },
      {
        title: 'a role whose zero hides the timeout of the authenticator',
        sql: `${set('anon', 'statement_timeout', '0s')} ${set('authenticator', 'statement_timeout', '9s')}`,
        level: 'warning',
        object: 'role anon',
        says: ['for ever'],
      },
      {
        title: 'an anonymous role that the authenticator is a member of by way of another one',
        sql: `RESET ROLE; ALTER ROLE authenticator SET pgrst.db_anon_role = 'anon'; REVOKE anon FROM authenticator; CREATE ROLE people; GRANT anon TO people; GRANT people TO authenticator; ALTER ROLE people SET statement_timeout = '1s'`,
        level: 'warning',
        object: 'role anon',
        says: ['for ever'],
      },
      {
        title: 'a role with a timeout in one database, which PostgREST does not read',
        sql: `${none} ${onDatabase(`ALTER ROLE member IN DATABASE %I SET statement_timeout = '8s'`)}`,
        level: 'warning',
        object: 'role member',
        says: ['for ever'],
      },
    ],
    [
      { title: 'the timeout of the authenticator', sql: `${none} ${set('authenticator', 'statement_timeout', '9s')}` },
      {
        title: 'the timeout of the database',
        sql: `${none} ${onDatabase(`ALTER DATABASE %I SET statement_timeout = '9s'`)}`,
      },
      { title: 'the timeout of every role', sql: `${none} ALTER ROLE ALL SET statement_timeout = '9s'` },
      {
        title: 'the timeout of the authenticator in the database, before one of the database that is zero',
        sql: `${none} ${onDatabase(`ALTER ROLE authenticator IN DATABASE %I SET statement_timeout = '9s'`)} ${onDatabase('ALTER DATABASE %I SET statement_timeout = 0')}`,
      },
      {
        title: 'a group that gives grants to a role',
        sql: `${OWN_NOTES} RESET ROLE; CREATE ROLE readers; GRANT SELECT ON api.notes TO readers; GRANT readers TO member`,
      },
    ],
  );
});

describe('secret_in_settings', () => {
  const SECRET = 'reallyreallyreallyreallyverysafe';
  const publicKey =
    '{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}';
  testRule(
    database,
    'secret_in_settings',
    [
      {
        title: 'the secret of tokens of the authenticator',
        sql: set('authenticator', 'pgrst.jwt_secret', SECRET),
        level: 'error',
        object: 'role authenticator',
        says: ['pgrst.jwt_secret'],
      },
      {
        title: 'a secret of the database',
        sql: onDatabase(`ALTER DATABASE %I SET app.jwt_secret = '${SECRET}'`),
        level: 'error',
        object: 'database t1',
        says: ['app.jwt_secret'],
      },
      {
        title: 'a secret of a role in the database',
        sql: onDatabase(`ALTER ROLE member IN DATABASE %I SET app.api_key = '${SECRET}'`),
        level: 'error',
        object: 'role member',
        says: ['app.api_key'],
      },
      {
        title: 'a key for signing among keys',
        sql: set('authenticator', 'pgrst.jwt_secret', `{"keys":[${publicKey},{"kty":"oct","k":"c2VjcmV0"}]}`),
        level: 'error',
        object: 'role authenticator',
        says: ['pgrst.jwt_secret'],
      },
      {
        title: 'an address with a password',
        sql: set('authenticator', 'pgrst.db_uri', `postgres://authenticator:${SECRET}@localhost/app`),
        level: 'error',
        object: 'role authenticator',
        says: ['pgrst.db_uri'],
      },
      {
        title: 'the secret that Supabase sets itself, for information',
        sql: `${SUPABASE} ${onDatabase(`ALTER DATABASE %I SET app.settings.jwt_secret = '${SECRET}'`)}`,
        level: 'info',
        object: 'database t1',
        says: ['app.settings.jwt_secret'],
      },
    ],
    [
      { title: 'a public key', sql: set('authenticator', 'pgrst.jwt_secret', publicKey) },
      { title: 'a file', sql: set('authenticator', 'pgrst.jwt_secret', '@/run/secrets/jwt') },
      {
        title: 'harmless settings with such words',
        sql: `${set('authenticator', 'pgrst.jwt_secret_is_base64', 'true')} ${set('authenticator', 'pgrst.jwt_role_claim_key', '.role')} ${set('member', 'app.max_token', '12')} ${set('member', 'app.password', '')} ${set('member', 'password_encryption', 'scram-sha-256')}`,
      },
    ],
  );

  test('a finding of secret_in_settings does not show the secret', async () => {
    const sql = [
      set('authenticator', 'pgrst.jwt_secret', SECRET),
      onDatabase(`ALTER DATABASE %I SET app.uri = 'postgres://u:${SECRET}@localhost'`),
    ].join(' ');
    const findings = await database.findings('secret_in_settings', sql);
    expect(findings).toHaveLength(2);
    expect(JSON.stringify(findings)).not.toContain(SECRET);
  });
});

describe('weakening_setting', () => {
  const tenant = `CREATE TABLE api.orders (tenant_id text); ALTER TABLE api.orders ENABLE ROW LEVEL SECURITY; CREATE POLICY tenant ON api.orders USING (tenant_id = current_setting('app.tenant', true));`;
  testRule(
    database,
    'weakening_setting',
    [
      {
        title: 'triggers that are off',
        sql: set('authenticator', 'session_replication_role', 'replica'),
        level: 'error',
        object: 'role authenticator',
        says: ['session_replication_role = replica', 'triggers'],
      },
      {
        title: 'row security that is off, so that requests fail, as a warning',
        sql: set('member', 'row_security', 'off'),
        level: 'warning',
        object: 'role member',
        says: ['row_security', 'fails'],
      },
      {
        title: 'a claim of every request',
        sql: onDatabase(`ALTER DATABASE %I SET request.jwt.claim.sub = 'bob'`),
        level: 'error',
        object: 'database t1',
        says: ['request.jwt.claim.sub'],
      },
      {
        title: 'a tenant of every request as a warning',
        sql: `${tenant} ${onDatabase(`ALTER DATABASE %I SET app.tenant = '1'`)}`,
        level: 'warning',
        object: 'database t1',
        says: ['app.tenant', 'policies read'],
      },
      {
        title: 'a tenant that policies read by a function',
        sql: `CREATE FUNCTION private.tenant() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('app.tenant', true) $$; ${tenant.replace(/current_setting\(.*?\)/, 'private.tenant()')} ${onDatabase(`ALTER DATABASE %I SET app.tenant = '1'`)}`,
        level: 'warning',
        object: 'database t1',
        says: ['app.tenant'],
      },
    ],
    [
      { title: 'settings of other roles', sql: set('owner', 'row_security', 'off') },
      {
        title: 'what PostgREST cannot set when it becomes a role',
        sql: set('member', 'session_replication_role', 'replica'),
      },
      {
        title: 'a setting of a role in one database, which PostgREST does not read',
        sql: onDatabase('ALTER ROLE member IN DATABASE %I SET row_security = off'),
      },
      { title: 'a claim without a value', sql: onDatabase(`ALTER DATABASE %I SET request.jwt.claims = '{}'`) },
      {
        title: 'a setting that no policy reads',
        sql: `${tenant} ${onDatabase(`ALTER DATABASE %I SET app.color = 'red'`)}`,
      },
      {
        title: 'a tenant that is the empty text',
        sql: `${tenant} ${onDatabase(`ALTER DATABASE %I SET app.tenant = ''`)}`,
      },
    ],
  );
});

describe('risky_server_setting', () => {
  const check = 'CREATE FUNCTION private.check_token() RETURNS void LANGUAGE sql AS $$$$;';
  const checked = set('authenticator', 'pgrst.db_pre_request', 'private.check_token');
  testRule(
    database,
    'risky_server_setting',
    [
      {
        title: 'plans for requests',
        sql: set('authenticator', 'pgrst.db_plan_enabled', 'true'),
        level: 'warning',
        object: 'role authenticator',
        says: ['db_plan_enabled', 'plan'],
      },
      {
        title: 'a description of what the role may not use',
        sql: onDatabase(`ALTER DATABASE %I SET pgrst.openapi_mode = 'ignore-privileges'`),
        level: 'warning',
        object: 'database t1',
        says: ['openapi_mode'],
      },
      {
        title: 'transactions that requests roll back, for information',
        sql: set('authenticator', 'pgrst.db_tx_end', 'commit-allow-override'),
        level: 'info',
        object: 'role authenticator',
        says: ['db_tx_end'],
      },
      {
        title: 'a function before each request that does not exist',
        sql: checked,
        level: 'warning',
        object: 'role authenticator',
        says: ['does not exist'],
      },
      {
        title: 'a function before each request that roles may not call',
        sql: `${check} ${checked}`,
        level: 'warning',
        object: 'role authenticator',
        says: ['anon and member may not call it'],
      },
      {
        title: "Postgres' own functions as an API",
        sql: set('authenticator', 'pgrst.db_schemas', 'api, pg_catalog'),
        level: 'error',
        object: 'schema pg_catalog',
        says: ['query_to_xml'],
        mends: false,
      },
    ],
    [
      { title: 'plans that are off', sql: set('authenticator', 'pgrst.db_plan_enabled', 'false') },
      {
        title: 'a function before each request that all may call',
        sql: `${check} GRANT USAGE ON SCHEMA private TO anon, member; GRANT EXECUTE ON FUNCTION private.check_token TO anon, member; ${checked}`,
      },
      {
        title: 'settings of another login',
        sql: `RESET ROLE; CREATE ROLE other LOGIN; ${set('other', 'pgrst.db_plan_enabled', 'true')}`,
      },
    ],
  );
});

describe('event_trigger', () => {
  const trigger = (body: string, schema = 'private') =>
    `RESET ROLE; CREATE FUNCTION ${schema}.run() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN ${body}; END $$;
     CREATE EVENT TRIGGER run ON ddl_command_end EXECUTE FUNCTION ${schema}.run();`;
  const reload = `NOTIFY pgrst, 'reload schema'`;
  testRule(
    database,
    'event_trigger',
    [
      {
        title: 'a function that a role of requests owns',
        sql: `${trigger(reload)} ALTER FUNCTION private.run OWNER TO member`,
        level: 'error',
        object: 'event trigger run',
        says: ['private.run()', 'member may replace it'],
      },
      {
        title: 'grants to the anonymous role as objects are made',
        sql: trigger(`EXECUTE 'GRANT SELECT ON ALL TABLES IN SCHEMA api TO anon'`),
        level: 'warning',
        object: 'event trigger run',
        says: ['grants objects to anon'],
      },
      {
        title: 'an owner who is no superuser for information',
        sql: `${trigger(reload)} ALTER FUNCTION private.run OWNER TO owner`,
        level: 'info',
        object: 'event trigger run',
        says: ['owner may replace it'],
      },
    ],
    [
      { title: 'a notification of PostgREST', sql: trigger(reload) },
      {
        title: 'grants to a role that no request becomes',
        sql: `RESET ROLE; CREATE ROLE backend; ${trigger(`EXECUTE 'GRANT SELECT ON ALL TABLES IN SCHEMA api TO backend'`)}`,
      },
      {
        title: 'event triggers of Supabase',
        sql: `${SUPABASE} RESET ROLE; CREATE SCHEMA extensions; ${trigger(`EXECUTE 'GRANT SELECT ON ALL TABLES IN SCHEMA api TO anon'`, 'extensions')}`,
      },
    ],
  );
});
