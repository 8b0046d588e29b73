import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desiredAccess } from '../../../compile/access.ts';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import { declare, type DeclarationInput } from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';

const SHORT_CUT = /IF \(coalesce\(strpos[\s\S]+?\)\) IS NOT TRUE/;
const now = Math.floor(Date.now() / 1000);
const issuer = 'https://"id".example';
const audience = 'api';
const map = { glance_admin: ['ad"min', 'a.b', 'x y'], glance_user: ['user', 'guest'] };
const withSettings = {
  anonymous: 'glance_anon',
  users: ['glance_user', { name: 'glance_admin', statementTimeoutMs: 1234, settings: { work_mem: '8MB' } }],
};

const kinds: Readonly<Record<string, Partial<DeclarationInput>>> = {
  plain: {},
  rules: { tokens: { requiredClaims: ['exp', 'team'], issuer, audience, maximumAgeSeconds: 600 } },
  revocation: { tokens: { revocation: { subject: ['app', 'id'] } } },
  settings: { roles: withSettings },
  named_alike: {
    roles: { users: ['glance_user', 'glance_user63', 'glance_userpc', 'glance_user0c', 'glance_admin'] },
    functions: [
      { name: 'greet', execute: 'glance_user' },
      { name: 'hidden', execute: ['glance_user63', 'glance_userpc', 'glance_user0c'] },
      { name: 'a%62', execute: 'glance_user' },
      { name: 'ab', execute: 'glance_user63' },
      { name: 'x/y', execute: 'glance_user' },
      { name: 'y', execute: 'glance_admin' },
    ],
  },
  own_function: { server: { preRequest: 'greet' } },
  mapped: { keys: { provider: { issuer, audience, roles: { claim: ['app', 'roles'], map } } } },
  mapped_or_default: {
    keys: {
      provider: {
        issuer,
        audience,
        roles: { claim: ['app', 'roles'], map: { glance_admin: 'a.b' }, defaultRole: 'glance_user' },
      },
    },
    // What a revocation goes by is the role that the token has become.
    tokens: { revocation: { subject: 'role' } },
    roles: { anonymous: 'glance_anon', users: ['glance_user', 'glance_admin'] },
  },
  mapped_from_empty_parts: {
    roles: withSettings,
    keys: {
      provider: {
        issuer,
        audience,
        roles: { claim: 'sub', spaceSeparated: true, map: { glance_user: ['', 'user'], glance_admin: 'guest' } },
      },
    },
  },
  mapped_from_one_text: {
    roles: withSettings,
    keys: {
      provider: {
        issuer,
        audience,
        claims: { team: ['a', 'b"c'] },
        roles: { claim: 'sub', spaceSeparated: true, map },
      },
      additionalKeys: { generate: 'ES256' },
    },
    tokens: { issuer: 'https://other', audience: 'own' },
  },
};

/** Values of each claim, the first of which is in order everywhere. */
const values: Readonly<Record<string, readonly unknown[]>> = {
  exp: [
    now + 600,
    undefined,
    null,
    now - 600,
    now + 600.5,
    now + 0.0,
    `${now + 600}`,
    [now + 600],
    { a: 1 },
    true,
    1e300,
  ],
  nbf: [undefined, null, now, now + 600, 'x', [now], 0.5],
  iat: [now, undefined, null, now - 601, now - 700, now + 600, `${now}`, [now], -1],
  sub: [
    'user',
    undefined,
    'ann',
    'https://ann:...@id',
    ' guest',
    'guest ',
    'guest  b',
    ':...@',
    { a: 'x://a:...@' },
    7,
    null,
    'guest a.b user',
    'aXb',
    'x y',
    'x',
    '',
    ' ',
    'user  ad"min',
    'user\n',
    ['x y', 'user'],
    ['user guest'],
    [['user']],
    [],
  ],
  iss: [issuer, undefined, null, 'https://other', [issuer], 7],
  aud: [audience, undefined, null, [audience, 'b'], ['b'], [[audience]], { api: 1 }, [], 'own'],
  team: ['a', undefined, null, {}, [], ['a'], false, '', 'b"c'],
  jti: ['id', undefined, null, 7, ['id'], 'j'.repeat(1000), 'j'.repeat(1001)],
  app: [
    { id: 7, roles: ['user'] },
    undefined,
    null,
    {},
    { id: null, roles: null },
    [{ id: 7, roles: ['user'] }],
    { id: [7], roles: { user: 1 } },
    { id: { a: 1 }, roles: [{ user: 1 }, ['user']] },
    { id: 's'.repeat(1001), roles: ['user', 'a.b'] },
    'x',
    { id: '07', roles: 'guest' },
    { id: '07', roles: 'guest a.b' },
    { id: true, roles: ['none', 7, 'ad"min'] },
    { id: 'revoked', roles: 'x y' },
  ],
  role: ['glance_user', 'glance_admin', undefined, ['user'], 'postgres'],
};

/** The claims of a request as PostgREST says them: each claim with each of its values, and every pair of claims out of order. */
function* tokens(): Generator<string> {
  const good = Object.fromEntries(Object.entries(values).map(([name, [first]]) => [name, first]));
  const bad = Object.entries(values).flatMap(([name, list]) => list.map((value) => ({ [name]: value })));
  yield JSON.stringify(good);
  for (const one of bad) for (const other of bad) yield JSON.stringify({ ...good, ...one, ...other });
}

/** Texts that PostgREST does not write for a token, or only for a request without one. */
const others = [
  '',
  '{}',
  ' {}',
  '[]',
  'null',
  '{',
  '"{"',
  '{"role":"glance_anon"}',
  '{"role": "glance_anon"}',
  '{"role":"glance_arrival"}',
  '{"role":"glance_user"}',
  String.raw`{"role":"glance_user","exp":4e9,"sub":"https://ann:\u002e..@id"}`,
];

const paths = [
  ...['/items', '/rpc/greet', '/rpc/hidden', '/rpc/%67reet', '/rpc/none', '/rpc/a/greet', '/a/b', '//greet', '', '/'],
  ...[
    '/rp%63/greet',
    '/rp%63/hidden',
    '/%72pc/hidden',
    '/r%70c/hidden',
    '/rpc/a%62',
    '/rpc/a%2562',
    '/rpc/x/y',
    '/rpc/y',
  ],
];

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres({ databases: Object.keys(kinds) });
});
afterAll(() => postgres.stop());

describe.each(Object.entries(kinds))('requests under the declaration %s', (kind, parts) => {
  it('have the same answer, and leave the same behind, whether they pass at a glance or are examined', async () => {
    const declaration = declare({
      name: 'glance',
      schemas: ['api'],
      roles: { users: ['glance_user', 'glance_admin'] },
      migrations: [
        {
          file: '1.sql',
          sql: `CREATE FUNCTION api.greet() RETURNS void LANGUAGE sql BEGIN ATOMIC SELECT set_config('app.greeted', current_user, true); END;
                CREATE FUNCTION api.hidden() RETURNS int LANGUAGE sql RETURN 1;
                CREATE FUNCTION api."a%62"() RETURNS int LANGUAGE sql RETURN 1;
                CREATE FUNCTION api.ab() RETURNS int LANGUAGE sql RETURN 1;
                CREATE FUNCTION api."x/y"() RETURNS int LANGUAGE sql RETURN 1;
                CREATE FUNCTION api.y() RETURNS int LANGUAGE sql RETURN 1;`,
        },
      ],
      functions: [
        { name: 'greet', execute: ['glance_user', ...(kind === 'own_function' ? ['glance_admin'] : [])] },
        { name: 'hidden', execute: ['glance_admin'] },
      ],
      ...parts,
    });
    const connection = postgres.connection(kind);
    await withClient(connection, (client) => createRoles(client, declaration, { authenticator: 'only-for-this-test' }));
    await applyDeclaration(connection, declaration);
    const { statement } = desiredAccess(declaration).functions.find(({ name }) => name === 'examine_request')!;
    expect(statement).toMatch(SHORT_CUT);
    const slow = statement.replace(SHORT_CUT, 'IF true').replace('.examine_request()', '.examined_slowly()');
    await withClient(connection, async (client) => {
      await client.query(slow);
      if (declaration.tokens.revocation) {
        await client.query(`SELECT glance_private.revoke_subjects('{revoked,glance_admin}')`);
      }
      await client.query(`
        CREATE FUNCTION glance_private.answer(called text, role text, path text, claims text) RETURNS text LANGUAGE plpgsql AS $$
        DECLARE detail text;
        BEGIN
          PERFORM set_config('request.jwt.claims', claims, true), set_config('request.path', path, true), set_config('role', role, true);
          EXECUTE format('SELECT glance_private.%I()', called);
          RAISE SQLSTATE 'PASSE' USING DETAIL = json_build_array(current_user, current_setting('request.jwt.claims')::jsonb,
            current_setting('response.headers'), current_setting('statement_timeout'), current_setting('work_mem'));
        EXCEPTION WHEN OTHERS THEN
          GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
          RETURN concat_ws(' ', SQLSTATE, SQLERRM, detail);
        END $$`);
      const roles = [declaration.anonymous?.name ?? 'glance_user', 'glance_user', 'glance_admin'];
      const asks = [
        ...[...tokens()].map((claims) => ({ role: roles[0], path: '/items', claims })),
        ...[...others, ...[...tokens()].slice(0, 60)].flatMap((claims) =>
          paths.flatMap((path) => [...new Set(roles)].map((role) => ({ role, path, claims }))),
        ),
      ];
      const { rows } = await client.query<Record<'claims' | 'glance' | 'examined' | 'slowly', string>>(
        `SELECT role, path, claims, glance_private.answer('pre_request', role, path, claims) AS glance,
           glance_private.answer('examine_request', role, path, claims) AS examined,
           glance_private.answer('examined_slowly', role, path, claims) AS slowly
         FROM jsonb_to_recordset($1::jsonb) AS asked(role text, path text, claims text)`,
        [JSON.stringify(asks)],
      );
      const differ = rows.filter(({ glance, examined, slowly }) => glance !== examined || glance !== slowly);
      expect(differ.slice(0, 5)).toEqual([]);
      expect(new Set(rows.map(({ glance }) => glance)).size).toBeGreaterThan(5);
      expect(rows.filter(({ glance }) => glance.startsWith('PASSE')).length).toBeGreaterThan(50);

      // Most requests need no examination, and no call of a function.
      await client.query(`CREATE OR REPLACE FUNCTION glance_private.examine_request() RETURNS void LANGUAGE plpgsql STABLE
        AS $$ BEGIN RAISE 'examined'; END $$`);
      const role = 'provider' in declaration.keys ? roles[0] : 'glance_user';
      for (const path of ['/items', '/rpc/greet']) {
        const { rows } = await client.query<{ answer: string }>(
          `SELECT glance_private.answer('pre_request', $1, $2, $3) AS answer`,
          [role, path, asks[0]!.claims],
        );
        expect(rows[0]!.answer).toMatch(/^PASSE/);
      }
      if (kind === 'own_function') return;
      const { rows: plan } = await client.query('EXPLAIN VERBOSE SELECT glance_private.pre_request()');
      expect(JSON.stringify(plan)).toContain('Output: CASE WHEN');
    });
  }, 120_000);
});
