import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRows, declare, type DeclarationInput } from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { useCluster } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';

const cluster = useCluster();

const EXTENSIONS = ['citext', 'uuid-ossp', 'pg_trgm', 'hstore', 'ltree'];
const extensionsIn = (schema: string) =>
  EXTENSIONS.map((name) => `CREATE EXTENSION "${name}" SCHEMA ${schema};`).join('\n');

type More = Partial<Pick<DeclarationInput, 'schemas' | 'internalSchemas' | 'server'>>;

function bare(name: string, more: More) {
  const users = [`${name}_user`, `${name}_other`];
  return { name, schemas: ['api'] as const, roles: { users }, ...more } satisfies DeclarationInput;
}

/** An API on one table with columns of extensions' types; the schema is where the extensions are. */
function declared(name: string, schema: string, more: More = {}) {
  const to = `${name}_user`;
  const parts = bare(name, more);
  const path = [...new Set([parts.schemas[0], schema])].join(', ');
  return declare({
    ...parts,
    migrations: [
      {
        file: '1.sql',
        sql: `SET search_path = ${path};
          CREATE DOMAIN address AS citext CHECK (VALUE ~ '@');
          CREATE TABLE people (id uuid PRIMARY KEY DEFAULT uuid_generate_v4(), email citext UNIQUE, other address, path ltree, more hstore);
          CREATE VIEW likely AS SELECT email, similarity(email::text, 'a@b') AS score FROM people
            WHERE email::text % 'a@b' OR email = 'A@B';
          CREATE FUNCTION by_email(email citext) RETURNS SETOF people STABLE LANGUAGE plpgsql SET search_path = ${path} AS
            $$ BEGIN RETURN QUERY SELECT * FROM people AS p WHERE p.email = by_email.email; END $$;`,
      },
    ],
    tables: [
      { name: 'people', grants: [{ to, select: true, insert: true, update: true }], policies: [allRows({ to })] },
    ],
    views: [{ name: 'likely', grants: [{ to, select: true }] }],
    functions: [{ name: 'by_email', execute: to }],
  });
}

/** A database with the extensions, which the first deploy's schemas may hold. */
async function extended(schema: string, more: More = {}, before = '') {
  const database = await cluster.database();
  await database.apply(declare(bare(database.name, more)));
  await database.sql(before);
  await database.sql(`${extensionsIn(schema)} GRANT USAGE ON SCHEMA ${schema} TO ${database.name}_owner`);
  return database;
}

async function ask(api: EphemeralPostgrest, path: string, init: RequestInit = {}) {
  const user = await api.as(`${api.declaration.name}_user`, {});
  const response = await user.fetch(path, {
    ...init,
    headers: { 'Content-Type': 'application/json', Prefer: 'return=representation' },
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? '' : (JSON.parse(text) as unknown) };
}

describe.each([
  ['in the exposed schema', 'api', {}],
  ['in public, which is exposed', 'public', { schemas: ['public'] }],
  ['in public, which is not exposed', 'public', {}],
  [
    'in an internal schema',
    'extensions',
    { internalSchemas: ['extensions'], server: { settings: { 'db-extra-search-path': 'public, extensions' } } },
  ],
] satisfies [string, string, More][])('extensions %s', (_, schema, more) => {
  let api: EphemeralPostgrest;
  beforeAll(async () => {
    api = await startEphemeralPostgrest(declare(bare('extended', more)));
    await api.sql(extensionsIn(schema));
    await api.snapshot();
    await api.apply(declared('extended', schema, more));
  });
  afterAll(() => api?.stop());

  it('serve defaults, domains, filters, views and functions', async () => {
    const row = { email: 'a@b', other: 'x@Y', path: 'top.science', more: '"a"=>"b"' };
    const { status, body } = await ask(api, '/people', { method: 'POST', body: JSON.stringify(row) });
    expect({ status, body }).toMatchObject({ status: 201, body: [{ email: 'a@b', path: 'top.science' }] });
    for (const filter of [
      'email=eq.A@B',
      'email=neq.x',
      'email=like.A*',
      'email=gt.A',
      'email=in.(A@B,c)',
      'other=eq.X@y',
      'path=cd.top',
      'path=eq.top.science',
      'more=cs."a"=>"b"',
      'email=match.^A',
      'order=email',
      'email=isdistinct.x',
    ]) {
      expect(await ask(api, `/people?select=email&${filter}`), filter).toEqual({
        status: 200,
        body: [{ email: 'a@b' }],
      });
    }
    expect(await ask(api, '/people?select=email::text,path::text&email=eq.A@B')).toMatchObject({ status: 200 });
    expect(await ask(api, '/people?email=eq.A@B', { method: 'PATCH', body: '{"other":"y@z"}' })).toMatchObject({
      status: 200,
    });
    expect(await ask(api, '/likely?email=eq.A@b')).toMatchObject({ status: 200, body: [{ email: 'a@b' }] });
    expect(await ask(api, '/rpc/by_email?email=A@B')).toMatchObject({ status: 200, body: [{ email: 'a@b' }] });
  });

  it('have no RPC', async () => {
    for (const name of ['uuid_generate_v4', 'uuid_nil', 'show_limit', 'citext_eq', 'uuid_generate_v1mc']) {
      expect(await ask(api, `/rpc/${name}`), name).toMatchObject({ status: 404, body: { code: 'PGRST202' } });
    }
  });

  it('give nothing to a role without a grant', async () => {
    // PUBLIC keeps its own in a schema that is not managed, and nothing there is an RPC.
    const isManaged = api.declaration.schemas.includes(schema) || api.declaration.internalSchemas.includes(schema);
    const privileges = await api.sql(`SELECT p.oid::regprocedure FROM pg_proc AS p
      WHERE p.pronamespace = to_regnamespace('${schema}') AND has_function_privilege('extended_other', p.oid, 'EXECUTE')`);
    expect(privileges.length > 0).toBe(!isManaged);
  });
});

describe('a deploy', () => {
  const rules = (warnings: readonly { rule: string; object: { text: string }; fix: { text: string } }[]) =>
    warnings
      .filter(({ rule }) => ['extension_exposed', 'operator_not_found'].includes(rule))
      .map(({ rule, object, fix }) => `${rule}: ${object.text} (${fix.text})`);

  it('warns of extensions in an exposed schema, and finds nothing to do the second time', async () => {
    const database = await extended('api');
    const declaration = declared(database.name, 'api');
    expect(rules((await database.apply(declaration)).warnings)).toContain(
      'extension_exposed: extension citext (ALTER EXTENSION "citext" SET SCHEMA extensions, as its owner)',
    );
    expect(await database.apply(declaration)).toMatchObject({ changes: 0 });
  });

  it('warns of operators in a schema where requests do not look', async () => {
    const internal = { internalSchemas: ['extensions'] };
    const database = await extended('extensions', internal);
    const { warnings } = await database.apply(declared(database.name, 'extensions', internal));
    expect(rules(warnings)).toContain(
      "operator_not_found: api.people.email (set 'db-extra-search-path': 'public, extensions' in server.settings)",
    );
    const settings = { 'db-extra-search-path': 'public, extensions' };
    const closed = await extended('extensions', { server: { settings } }, 'CREATE SCHEMA extensions;');
    expect(
      rules((await closed.apply(declared(closed.name, 'extensions', { server: { settings } }))).warnings),
    ).toContain(
      'operator_not_found: api.people.email (GRANT USAGE ON SCHEMA "extensions" to the roles, in a migration)',
    );
    const found = { ...internal, server: { settings: { 'db-extra-search-path': 'public, extensions' } } };
    expect(rules((await database.apply(declared(database.name, 'extensions', found))).warnings)).toEqual([]);
  });
});

/** A table and a function of the owner that run an extension in an internal schema, and a later migration that does. */
function ticketed(name: string, more: readonly string[] = []) {
  const to = `${name}_user`;
  const migrations = [
    `CREATE EXTENSION "uuid-ossp" SCHEMA inside;
      CREATE EXTENSION pg_freespacemap SCHEMA inside;
      CREATE TABLE tickets (id uuid PRIMARY KEY DEFAULT inside.uuid_generate_v4(), note text);
      CREATE FUNCTION open_ticket() RETURNS uuid SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS
        $$ BEGIN RETURN inside.uuid_generate_v4(); END $$;`,
    'CREATE INDEX CONCURRENTLY ON tickets (note)',
    `INSERT INTO tickets (note) VALUES ('between commits')`,
    ...more,
  ];
  return declare({
    ...bare(name, { internalSchemas: ['inside'] }),
    migrations: migrations.map((sql, n) => ({ file: `${n + 1}.sql`, sql })),
    tables: [{ name: 'tickets', policies: [allRows({ to: `${name}_owner`, for: 'select' })] }],
    functions: [{ name: 'open_ticket', execute: to, securityDefiner: true }],
  });
}

describe('the owner', () => {
  it('may execute what an extension in a managed schema lets PUBLIC execute, and nobody else may', async () => {
    const database = await cluster.database();
    const { name } = database;
    await database.apply(ticketed(name));
    const [called] = await database.request(`${name}_user`, {}, 'SELECT api.open_ticket() AS id');
    expect(called).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    await expect(database.request(`${name}_user`, {}, 'SELECT inside.uuid_generate_v4()')).rejects.toThrow(
      'permission denied',
    );
    const later = ticketed(name, [`INSERT INTO tickets (note) VALUES ('after the first deploy')`]);
    expect((await database.apply(later)).warnings.map(({ rule }) => rule)).not.toContain('not_as_declared');
    expect(await database.apply(later)).toMatchObject({ changes: 0, migrations: [] });
    expect(await database.sql('SELECT note FROM api.tickets ORDER BY note')).toHaveLength(2);
    const granted = await database.sql(`
      SELECT e.extname AS extension, bool_and(has_function_privilege('${name}_owner', p.oid, 'EXECUTE')) AS owner,
        bool_or(has_function_privilege('${name}_other', p.oid, 'EXECUTE')) AS others
      FROM pg_proc AS p JOIN pg_depend AS d ON d.objid = p.oid AND d.deptype = 'e' JOIN pg_extension AS e ON e.oid = d.refobjid
      WHERE p.pronamespace = 'inside'::regnamespace GROUP BY 1 ORDER BY 1`);
    // Its script keeps pg_freespacemap from PUBLIC.
    expect(granted).toEqual([
      { extension: 'pg_freespacemap', owner: false, others: false },
      { extension: 'uuid-ossp', owner: true, others: false },
    ]);
  });
});

describe('an admin who is no superuser', () => {
  /** A table with a column of a trusted extension, which the migration makes where it is told. */
  const mailed = (name: string, schema: string, more: More = {}, prepare = '') => {
    const to = `${name}_user`;
    const sql = `${prepare}
      CREATE EXTENSION IF NOT EXISTS citext SCHEMA ${schema};
      SET search_path = api, ${schema};
      CREATE TABLE people (email citext PRIMARY KEY);
      INSERT INTO people VALUES ('Ann@b');
      CREATE FUNCTION is_known(mail text) RETURNS boolean STABLE SECURITY DEFINER SET search_path = api, ${schema} LANGUAGE sql
        AS 'SELECT EXISTS (SELECT FROM people WHERE email = mail::citext)'`;
    return declare({
      ...bare(name, more),
      migrations: [{ file: '1.sql', sql }],
      tables: [
        {
          name: 'people',
          grants: [{ to, select: true }],
          policies: [allRows({ to }), allRows({ to: `${name}_owner`, for: 'select' })],
        },
      ],
      functions: [{ name: 'is_known', execute: to, securityDefiner: true }],
    });
  };

  it('is told in one line to put a trusted extension elsewhere, whose functions it cannot take from PUBLIC', async () => {
    const database = await cluster.database('database owner');
    const { name, superuser } = database;
    const { message } = await rejection(database.apply(mailed(name, 'inside', { internalSchemas: ['inside'] })));
    expect(message).toMatch(
      new RegExp(
        `^declaration ${name}: granted_to_public: extension citext grants EXECUTE on \\d+ of its functions in inside to PUBLIC, ` +
          `which "${name}_admin" cannot revoke, because they belong to "${superuser.user}" \\(put it into a schema that is not declared`,
      ),
    );
    expect(message.match(/granted_to_public|not_as_declared/g)).toHaveLength(1);
  });

  it('deploys with the extension in a schema of its own, as the error says', async () => {
    const database = await cluster.database('database owner');
    const { name } = database;
    const more = { server: { settings: { 'db-extra-search-path': 'public, extensions' } } };
    const prepare = `CREATE SCHEMA extensions; GRANT USAGE ON SCHEMA extensions TO ${name}_user;`;
    const declaration = mailed(name, 'extensions', more, prepare);
    const { warnings } = await database.apply(declaration);
    const rules = new Set(warnings.map(({ rule }) => rule));
    rules.delete('known_advisory');
    expect([...rules]).toEqual([]);
    const [answer] = await database.request(
      `${name}_user`,
      {},
      `SELECT api.is_known('ANN@B') AS known, (SELECT count(*)::int FROM api.people WHERE email OPERATOR(extensions.=) 'aNN@b') AS found`,
    );
    expect(answer).toEqual({ known: true, found: 1 });
    expect(await database.apply(declaration)).toMatchObject({ changes: 0 });
  });

  it('deploys beside an extension whose functions a superuser has granted as they are needed', async () => {
    const database = await cluster.database('database owner');
    const { name } = database;
    const more = { internalSchemas: ['inside'] };
    await database.apply(declare(bare(name, more)));
    await database.sql(`CREATE EXTENSION citext SCHEMA inside;
      REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA inside FROM PUBLIC;
      GRANT EXECUTE ON ALL ROUTINES IN SCHEMA inside TO ${name}_user, ${name}_owner`);
    const declaration = mailed(name, 'inside', more);
    await database.apply(declaration);
    expect(await database.apply(declaration)).toMatchObject({ changes: 0 });
    expect(await database.request(`${name}_user`, {}, `SELECT api.is_known('ANN@B') AS known`)).toEqual([
      { known: true },
    ]);
  });
});

describe('a data representation', () => {
  const to = 'shown_user';
  const declaration = declare({
    name: 'shown',
    schemas: ['api'],
    roles: { users: [to, 'shown_other'] },
    migrations: [
      {
        file: '1.sql',
        sql: `CREATE DOMAIN color AS int CHECK (VALUE BETWEEN 0 AND 16777215);
          CREATE FUNCTION to_json(color) RETURNS json IMMUTABLE LANGUAGE sql AS $$ SELECT to_json('#' || lpad(upper(to_hex($1)), 6, '0')) $$;
          CREATE FUNCTION color(text) RETURNS color IMMUTABLE LANGUAGE sql AS $$ SELECT (('x' || lpad(replace($1, '#', ''), 8, '0'))::bit(32)::int)::color $$;
          CREATE FUNCTION color(json) RETURNS color IMMUTABLE LANGUAGE sql AS $$ SELECT api.color($1 #>> '{}') $$;
          CREATE CAST (color AS json) WITH FUNCTION to_json(color) AS IMPLICIT;
          CREATE CAST (json AS color) WITH FUNCTION color(json) AS IMPLICIT;
          CREATE CAST (text AS color) WITH FUNCTION color(text) AS IMPLICIT;
          CREATE TABLE lamps (id int PRIMARY KEY, light color)`,
      },
    ],
    tables: [
      { name: 'lamps', grants: [{ to, select: true, insert: true, update: true }], policies: [allRows({ to })] },
    ],
  });
  let api: EphemeralPostgrest;
  beforeAll(async () => {
    api = await startEphemeralPostgrest(declaration);
  });
  afterAll(() => api?.stop());

  it('is used for reading, writing and filtering', async () => {
    expect(await ask(api, '/lamps', { method: 'POST', body: '{"id":1,"light":"#00FF10"}' })).toEqual({
      status: 201,
      body: [{ id: 1, light: '#00FF10' }],
    });
    expect(await api.sql('SELECT light::int FROM api.lamps')).toEqual([{ light: 0xff10 }]);
    expect(await ask(api, '/lamps?light=eq.%2300ff10')).toMatchObject({ body: [{ id: 1 }] });
    expect(await ask(api, '/lamps?light=in.(%2300ff10,%23000000)&select=light')).toMatchObject({
      body: [{ light: '#00FF10' }],
    });
    expect(await ask(api, '/lamps?light=eq.%23000001')).toEqual({ status: 200, body: [] });
    expect(await ask(api, '/lamps?id=eq.1', { method: 'PATCH', body: '{"light":"#000002"}' })).toEqual({
      status: 200,
      body: [{ id: 1, light: '#000002' }],
    });
    expect(await api.sql('SELECT light::int FROM api.lamps')).toEqual([{ light: 2 }]);
    for (const name of ['color', 'to_json']) expect((await ask(api, `/rpc/${name}`)).status, name).toBe(404);
    expect(await ask(api, '/rpc/color', { method: 'POST', body: '{}' })).toMatchObject({ status: 404 });
  });

  it('is granted to the login and to the roles with the table', async () => {
    const roles = await api.sql<{
      roles: string;
    }>(`SELECT DISTINCT string_agg(a.grantee::regrole::text, ', ' ORDER BY a.grantee::regrole::text) AS roles
      FROM pg_proc AS p, aclexplode(p.proacl) AS a WHERE p.pronamespace = 'api'::regnamespace AND a.grantee <> p.proowner GROUP BY p.oid`);
    expect(roles).toEqual([{ roles: 'shown_authenticator, shown_user' }]);
  });
});
