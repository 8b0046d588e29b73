import { describe, expect, it } from 'vitest';
import { allRows, custom, declare, type DeclarationInput } from '../../../declaration/index.ts';
import { ADMINS, accessState, useCluster, type Admin } from '../../support/database.ts';

const cluster = useCluster();

type Parts = Partial<DeclarationInput> & { readonly sql: string };

async function applied(parts: (to: string) => Parts, admin: Admin = 'superuser') {
  const database = await cluster.database(admin);
  const { sql, ...rest } = parts(`${database.name}_user`);
  const declaration = declare({
    name: database.name,
    schemas: ['api'],
    roles: { users: [`${database.name}_user`] },
    migrations: [{ file: '1.sql', sql }],
    ...rest,
  });
  const outcome = await database.apply(declaration).then(
    ({ warnings }) => warnings.map(({ rule }) => rule).filter((rule) => rule !== 'known_advisory'),
    (error: Error) => error.message.replaceAll(database.name, 'app'),
  );
  return { database, declaration, outcome };
}

const on = (to: string, condition: string) => custom({ to, using: { file: 'condition.sql', sql: condition } });
const all = { select: true, insert: true, update: true, delete: true } as const;

describe.each(ADMINS)('as %s, a deploy fails by name', (admin) => {
  it('where a view reads a table without a grant', async () => {
    const { outcome } = await applied(
      (to) => ({
        sql: 'CREATE TABLE items (id int); CREATE VIEW shown AS SELECT id FROM items',
        tables: [{ name: 'items' }],
        views: [{ name: 'shown', grants: [{ to, select: true }] }],
      }),
      admin,
    );
    expect(outcome).toMatch(
      /^declaration app: requests would fail: as app_user, select on api.shown: permission denied for table items; declare a grant and a policy .* \[trial_failed]/,
    );
  });

  it('where policies read each other, or their own table', async () => {
    const { outcome } = await applied(
      (to) => ({
        sql: 'CREATE TABLE members (id int, team int); CREATE TABLE teams (id int)',
        tables: [
          {
            name: 'members',
            grants: [{ to, select: true, delete: true }],
            policies: [on(to, 'team IN (SELECT m.team FROM api.members AS m)')],
          },
          { name: 'teams', grants: [{ to, select: true }], policies: [on(to, 'id IN (SELECT team FROM api.members)')] },
        ],
      }),
      admin,
    );
    for (const place of ['select on api.members', 'delete on api.members', 'select on api.teams']) {
      expect(outcome).toContain(`as app_user, ${place}: infinite recursion detected in policy for relation "members"`);
    }
  });

  it('where a view reads another view, or calls a function, without a grant', async () => {
    const { outcome } = await applied(
      (to) => ({
        sql: `CREATE TABLE items (id int); CREATE VIEW inner_items AS SELECT id FROM items; CREATE VIEW outer_items AS SELECT id FROM inner_items;
          CREATE FUNCTION secret() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' RETURN 1;
          CREATE VIEW told AS SELECT api.secret() AS n`,
        tables: [{ name: 'items', grants: [{ to, select: true }], policies: [allRows({ to })] }],
        views: [
          { name: 'inner_items' },
          { name: 'outer_items', grants: [{ to, select: true }] },
          { name: 'told', grants: [{ to, select: true }] },
        ],
      }),
      admin,
    );
    expect(outcome).toContain('as app_user, select on api.outer_items: permission denied for view inner_items');
    expect(outcome).toContain('as app_user, select on api.told needs the function api.secret()');
  });

  it('where a policy reads a table that the role may not read', async () => {
    const { outcome } = await applied(
      (to) => ({
        sql: 'CREATE TABLE items (id int); CREATE TABLE secrets (id int)',
        tables: [
          { name: 'secrets' },
          { name: 'items', grants: [{ to, ...all }], policies: [on(to, 'id IN (SELECT id FROM api.secrets)')] },
        ],
      }),
      admin,
    );
    for (const command of ['select', 'insert', 'update', 'delete']) {
      expect(outcome).toContain(`as app_user, ${command} on api.items: permission denied for table secrets`);
    }
  });
});

it.each(ADMINS)('as %s, each role is tried for itself, one after the other', async (admin) => {
  const { outcome } = await applied(
    (to) => ({
      sql: 'CREATE TABLE items (id int); CREATE VIEW shown AS SELECT id FROM items',
      roles: { anonymous: `${to}_anon`, users: [to, `${to}_reader`] },
      tables: [
        { name: 'items', grants: [{ to: `${to}_reader`, select: true }], policies: [allRows({ to: `${to}_reader` })] },
      ],
      views: [
        {
          name: 'shown',
          grants: [`${to}_anon`, `${to}_reader`, to].map((one) => ({ to: one, select: true as const })),
        },
      ],
    }),
    admin,
  );
  expect(outcome).toContain('as app_user_anon, select on api.shown: permission denied for table items');
  expect(outcome).toContain('as app_user, select on api.shown: permission denied for table items');
  expect(outcome).not.toContain('as app_user_reader');
});

describe('a deploy fails by name', () => {
  it.each([
    ['a check', 'CREATE TABLE items (id int, note text CHECK (api.is_good(note)))'],
    ['a domain', 'CREATE DOMAIN good AS text CHECK (api.is_good(VALUE)); CREATE TABLE items (id int, note good)'],
    [
      "a trigger's condition",
      `CREATE TABLE items (id int, note text);
      CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER keep BEFORE INSERT ON items FOR EACH ROW WHEN (api.is_good(NEW.note)) EXECUTE FUNCTION keep()`,
    ],
  ])('where %s needs an undeclared function with its owner’s rights', async (_, sql) => {
    const parts = (to: string) => ({
      sql: `CREATE FUNCTION is_good(t text) RETURNS boolean IMMUTABLE LANGUAGE sql SECURITY DEFINER SET search_path = '' RETURN t <> '';
        ${sql}`,
      tables: [
        { name: 'items', grants: [{ to, select: true as const, insert: true as const }], policies: [allRows({ to })] },
      ],
    });
    const { outcome } = await applied(parts);
    expect(outcome).toContain(
      `as app_user, insert on api.items needs the function api.is_good(text), which runs with its owner's rights`,
    );
    expect(outcome).toContain(`declare it: { name: 'api.is_good', securityDefiner: true }`);
    const declared = await applied((to) => ({
      ...parts(to),
      functions: [{ name: 'is_good', securityDefiner: true }],
    }));
    expect(declared.outcome).toEqual([]);
    const { name } = declared.database;
    await declared.database.request(`${name}_user`, {}, `INSERT INTO api.items VALUES (1, 'x')`);
  });

  it.each([
    ['the row of a table', 'items'],
    ['any value', 'anyelement'],
  ])('except that one which takes %s is a computed column, of which it warns', async (_, argument) => {
    const { outcome } = await applied((to) => ({
      sql: `CREATE TABLE items (id int);
        CREATE FUNCTION label(of ${argument}) RETURNS text STABLE LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$ SELECT 'x' $$`,
      tables: [{ name: 'items', grants: [{ to, select: true }], policies: [on(to, "api.label(items) = 'x'")] }],
      functions: [{ name: 'label', securityDefiner: true }],
    }));
    expect(outcome).toEqual(['computed_column']);
  });

  it('where a default needs a function outside of the managed schemas', async () => {
    const { database } = await applied(() => ({ sql: 'SELECT 1' }));
    const to = `${database.name}_user`;
    const declaration = declare({
      name: database.name,
      schemas: ['api'],
      roles: { users: [to] },
      migrations: [
        { file: '1.sql', sql: 'SELECT 1' },
        { file: '2.sql', sql: 'CREATE TABLE items (id int DEFAULT other.one())' },
      ],
      tables: [{ name: 'items', grants: [{ to, insert: true }], policies: [allRows({ to })] }],
    });
    await database.sql(`CREATE SCHEMA other; CREATE FUNCTION other.one() RETURNS int LANGUAGE sql RETURN 1;
      REVOKE ALL ON FUNCTION other.one() FROM PUBLIC; GRANT USAGE ON SCHEMA other TO ${database.name}_owner;
      GRANT EXECUTE ON FUNCTION other.one() TO ${database.name}_owner`);
    await expect(database.apply(declaration)).rejects.toThrow(
      `as ${to}, insert on api.items needs the function other.one(), which is outside of the managed schemas`,
    );
    await database.sql(`GRANT EXECUTE ON FUNCTION other.one() TO ${to}`);
    await expect(database.apply(declaration)).resolves.toMatchObject({ migrations: ['2.sql'] });
  });

  it.each([
    ['of the role', (to: string) => [to], (to: string) => to],
    [
      'of a role that inherits from it',
      (to: string) => [to, { name: `${to}_heir`, inherits: [to] }],
      (to: string) => `${to}_heir`,
    ],
  ])(
    'where a needed function would become an RPC %s, since it shares the name of a declared one',
    async (_, users, execute) => {
      const { outcome } = await applied((to) => ({
        sql: `CREATE FUNCTION number() RETURNS int LANGUAGE sql RETURN 1;
        CREATE FUNCTION number(n int) RETURNS int LANGUAGE sql RETURN n;
        CREATE TABLE items (id int DEFAULT number(2))`,
        roles: { users: users(to) },
        tables: [{ name: 'items', grants: [{ to, insert: true }], policies: [allRows({ to })] }],
        functions: [{ name: 'number', arguments: [], execute: execute(to) }],
      }));
      expect(outcome).toContain(
        'needs the function api.number(integer), which has the name of a function that the role, or one that inherits from it, may',
      );
    },
  );
});

describe('a policy that reads its own table by a function', () => {
  const members = (to: string, fn: string, more: Partial<DeclarationInput> = {}) => ({
    sql: `CREATE TABLE members (team int, person text); CREATE INDEX ON members (team); INSERT INTO members VALUES (1, 'ann'), (2, 'bob');
      CREATE FUNCTION shares(t int) RETURNS boolean STABLE ${fn}`,
    tables: [{ name: 'members', grants: [{ to, select: true as const }], policies: [on(to, 'api.shares(team)')] }],
    ...more,
  });
  const condition = `EXISTS (SELECT FROM api.members AS m WHERE m.person = 'ann' AND m.team = t)`;

  it.each([
    ['in PL/pgSQL', `LANGUAGE plpgsql AS $$ BEGIN RETURN ${condition}; END $$`],
    ['in SQL', `LANGUAGE sql AS $$ SELECT ${condition} $$`],
    ['in SQL that Postgres has parsed', `LANGUAGE sql RETURN ${condition}`],
    [
      'that calls another one',
      `LANGUAGE sql RETURN false; CREATE FUNCTION shares_one(t int) RETURNS boolean STABLE LANGUAGE sql AS $$ SELECT ${condition} $$;
        CREATE OR REPLACE FUNCTION shares(t int) RETURNS boolean STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN api.shares_one(t); END $$`,
    ],
  ])('%s fails at its first row, which the deploy warns of', async (_, fn) => {
    const { database, outcome } = await applied((to) => members(to, fn));
    expect(outcome).toEqual(['recursive_policy']);
    const ask = database.request(`${database.name}_user`, {}, 'SELECT * FROM api.members');
    await expect(ask).rejects.toThrow('stack depth limit exceeded');
  });

  it("works with its owner's rights and a policy to the owner", async () => {
    const fn = `SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$ BEGIN RETURN ${condition}; END $$`;
    const { database, outcome } = await applied((to) => {
      const owner = to.replace('_user', '_owner');
      const { tables, ...parts } = members(to, fn, { functions: [{ name: 'shares', securityDefiner: true }] });
      const [table] = tables;
      return {
        ...parts,
        tables: [{ ...table!, policies: [on(to, 'api.shares(team)'), allRows({ to: owner, for: 'select' })] }],
      };
    });
    expect(outcome).toEqual([]);
    expect(await database.request(`${database.name}_user`, {}, 'SELECT person FROM api.members')).toEqual([
      { person: 'ann' },
    ]);
  });

  it('for inserts, beside one for reading that does not, is none', async () => {
    const { database, outcome } = await applied((to) => ({
      ...members(to, `LANGUAGE sql AS $$ SELECT ${condition} $$`),
      tables: [
        {
          name: 'members',
          grants: [{ to, select: true, insert: true }],
          policies: [
            allRows({ to, for: 'select' }),
            custom({ to, for: 'insert', using: { file: 'shares.sql', sql: 'api.shares(team)' } }),
          ],
        },
      ],
    }));
    expect(outcome).toEqual([]);
    await database.request(`${database.name}_user`, {}, `INSERT INTO api.members VALUES (1, 'eve')`);
  });
});

describe('a trial', () => {
  it('draws from no sequence, fires no trigger, and leaves nothing', async () => {
    const { database, declaration, outcome } = await applied((to) => ({
      sql: `CREATE TABLE items (id serial, note text); CREATE SEQUENCE fired; INSERT INTO items (note) VALUES ('a');
        CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('api.fired'); RETURN NEW; END $$;
        CREATE TRIGGER fire BEFORE INSERT OR UPDATE ON items FOR EACH ROW EXECUTE FUNCTION fire();
        CREATE TRIGGER fires BEFORE INSERT OR UPDATE ON items FOR EACH STATEMENT EXECUTE FUNCTION fire()`,
      tables: [{ name: 'items', grants: [{ to, ...all }], policies: [allRows({ to })] }],
    }));
    expect(outcome).toEqual([]);
    expect(
      await database.sql('SELECT (SELECT is_called FROM api.fired), (SELECT last_value FROM api.items_id_seq)'),
    ).toEqual([{ is_called: false, last_value: '1' }]);
    const before = await accessState(database);
    expect(JSON.stringify(before)).not.toContain('try_access');
    expect(await database.apply(declaration)).toMatchObject({ changes: 0, migrations: [] });
    expect(await accessState(database)).toEqual(before);
  });

  it('takes no part in what a function says of values that it lacks', async () => {
    const { outcome } = await applied((to) => ({
      sql: `CREATE TABLE items (id int, owner uuid); CREATE INDEX ON items (owner);
        CREATE FUNCTION me() RETURNS uuid STABLE LANGUAGE plpgsql AS
          $$ BEGIN RAISE insufficient_privilege USING MESSAGE = 'who are you'; END $$;
        CREATE FUNCTION mine() RETURNS uuid STABLE LANGUAGE sql AS $$ SELECT current_setting('app.me')::uuid $$`,
      tables: [
        {
          name: 'items',
          grants: [{ to, ...all }],
          policies: [on(to, 'owner = api.me()'), { ...on(to, 'owner = api.mine()'), name: 'p' }],
        },
      ],
    }));
    expect(outcome).toEqual([]);
  });

  it('does not let a function of a migration leave the role', async () => {
    const { outcome } = await applied((to) => ({
      sql: `CREATE TABLE items (id int); CREATE INDEX ON items (id);
        CREATE FUNCTION leave() RETURNS int STABLE LANGUAGE plpgsql AS
          $$ BEGIN PERFORM set_config('role', 'none', false); RETURN (SELECT count(*) FROM pg_authid); END $$`,
      tables: [{ name: 'items', grants: [{ to, select: true }], policies: [on(to, 'id = api.leave()')] }],
    }));
    expect(outcome).toContain('as app_user, select on api.items: cannot set parameter "role" within security-definer');
  });

  it('plans what is granted on some columns, with generated ones, and what a role inherits', async () => {
    const { outcome } = await applied((to) => ({
      sql: `CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (n * 2) STORED, n int, "a ""b" text);
        CREATE VIEW shown AS SELECT id + 1 AS more, n FROM items;
        CREATE TABLE only_key (id int GENERATED ALWAYS AS IDENTITY)`,
      roles: { users: [`${to}_base`, { name: to, inherits: [`${to}_base`] }] },
      tables: [
        {
          name: 'items',
          grants: [
            { to: `${to}_base`, select: true, insert: ['n', 'a "b'], update: ['n'] },
            { to, update: ['a "b'], delete: true },
          ],
          policies: [allRows({ to: `${to}_base` }), allRows({ to, for: ['update', 'delete'] })],
        },
        { name: 'only_key', grants: [{ to, ...all }], policies: [allRows({ to })] },
      ],
      views: [{ name: 'shown', grants: [{ to, select: true, update: ['n'], insert: ['n'], delete: true }] }],
    }));
    expect(outcome).toEqual([]);
  });
});

describe("a function with its owner's rights that some roles may execute", () => {
  it.each([
    ['text', 'LANGUAGE plpgsql AS $$ BEGIN RETURN api.purge(); END $$'],
    ['SQL that Postgres has parsed', 'LANGUAGE sql RETURN api.purge()'],
  ])('is closed to other roles, also where a function of theirs calls it in %s', async (_, body) => {
    const { database, outcome } = await applied((to) => ({
      sql: `CREATE FUNCTION purge() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' RETURN 1;
        CREATE FUNCTION clean() RETURNS int ${body}`,
      roles: { users: [to, `${to}_boss`] },
      functions: [
        { name: 'purge', securityDefiner: true, execute: `${to}_boss` },
        { name: 'clean', execute: [to, `${to}_boss`] },
      ],
    }));
    expect(outcome).toEqual([]);
    const call = (role: string) => database.request(`${database.name}_user${role}`, {}, 'SELECT api.clean()');
    await expect(call('')).rejects.toThrow('permission denied for function purge');
    expect(await call('_boss')).toEqual([{ clean: 1 }]);
  });
});
