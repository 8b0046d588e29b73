import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allRows,
  custom,
  declare,
  ownRows,
  type DeclarationInput,
  type PolicyInput,
} from '../../../declaration/index.ts';
import { accessMatrix } from '../../../access/matrix.ts';
import { sampleSubjects } from '../../../access/subjects.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { useCluster } from '../../support/database.ts';

const cluster = useCluster();

/** A count, a sign-in and a trigger, each of which runs as the owner. */
const sql = `CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY, user_id int, title text);
  INSERT INTO items (user_id, title) VALUES (1, 'a'), (2, 'b');
  CREATE TABLE accounts (name text PRIMARY KEY, secret text);
  INSERT INTO accounts VALUES ('ann', 'x');
  CREATE TABLE changes (id int GENERATED ALWAYS AS IDENTITY, title text);
  CREATE VIEW item_ids AS SELECT id FROM items;
  CREATE FUNCTION count_items() RETURNS bigint STABLE SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql
    AS $$ BEGIN RETURN (SELECT count(*) FROM api.items); END $$;
  CREATE FUNCTION count_by_view() RETURNS bigint STABLE SECURITY DEFINER SET search_path = '' LANGUAGE sql
    BEGIN ATOMIC SELECT count(*) FROM item_ids; END;
  CREATE FUNCTION sign_in(name text, secret text) RETURNS boolean STABLE SECURITY DEFINER SET search_path = 'api' LANGUAGE sql
    AS 'SELECT EXISTS (SELECT FROM accounts AS a WHERE a.name = sign_in.name AND a.secret = sign_in.secret)';
  CREATE FUNCTION log_change() RETURNS trigger SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO api.changes (title) VALUES (NEW.title); RETURN NEW; END $$;
  CREATE TRIGGER log AFTER INSERT ON items FOR EACH ROW EXECUTE FUNCTION log_change();`;

function declared(name: string, ofOwner: (owner: string) => Readonly<Record<string, readonly PolicyInput[]>>) {
  const to = `${name}_user`;
  const policies = ofOwner(`${name}_owner`);
  const tables: DeclarationInput['tables'] = [
    {
      name: 'items',
      grants: [{ to, select: true, insert: ['title', 'user_id'] }],
      policies: [ownRows({ to, column: 'user_id', claim: 'uid', type: 'int' }), ...(policies['items'] ?? [])],
    },
    { name: 'accounts', policies: policies['accounts'] ?? [] },
    { name: 'changes', policies: policies['changes'] ?? [] },
  ];
  return declare({
    name,
    schemas: ['api'],
    roles: { users: [to] },
    migrations: [{ file: '1.sql', sql }],
    tables,
    functions: ['count_items', 'count_by_view', 'sign_in'].map((fn) => ({
      name: fn,
      execute: to,
      securityDefiner: true,
    })),
  });
}

/** Policies with which each of the functions works. */
const sufficient = (to: string) => ({
  items: [allRows({ to, for: 'select' })],
  accounts: [allRows({ to, for: 'select' })],
  changes: [allRows({ to, for: 'insert' })],
});

describe('functions with the rights of the owner, whom FORCE binds', () => {
  it('are named with the tables that they do not reach', async () => {
    const database = await cluster.database();
    const { warnings } = await database.apply(declared(database.name, () => ({})));
    const found = warnings.filter(({ rule }) => rule === 'definer_without_policy');
    const owner = `${database.name}_owner`;
    expect(found.map(({ object, problem }) => `${object.text} ${problem}`).sort()).toEqual([
      `api.count_by_view() runs as "${owner}" and reads no row of api.items, which has no policy for that`,
      `api.count_items() runs as "${owner}" and reads no row of api.items, which has no policy for that`,
      `api.log_change() runs as "${owner}" and can add no row to api.changes, which has no policy for that`,
      `api.sign_in(text,text) runs as "${owner}" and reads no row of api.accounts, which has no policy for that`,
    ]);
    expect(found[0]!.fix.text).toMatch(/^declare a policy on it, such as allRows\(\{ to: '\w+_owner', for: '\w+' }\)$/);
    const user = `${database.name}_user`;
    expect(await database.request(user, { uid: 1 }, 'SELECT api.count_items() AS n')).toEqual([{ n: '0' }]);
  });

  it('reach what policies to the owner say, and no more', async () => {
    const database = await cluster.database();
    const declaration = declared(database.name, sufficient);
    const { warnings } = await database.apply(declaration);
    expect(warnings.filter(({ rule }) => rule === 'definer_without_policy')).toEqual([]);
    const ask = (text: string) => database.request(`${database.name}_user`, { uid: 1 }, text);
    expect(await ask('SELECT api.count_items() AS n, api.count_by_view() AS m')).toEqual([{ n: '2', m: '2' }]);
    expect(await ask(`SELECT api.sign_in('ann', 'x') AS a, api.sign_in('ann', 'y') AS b`)).toEqual([
      { a: true, b: false },
    ]);
    await ask(`INSERT INTO api.items (user_id, title) VALUES (1, 'c')`);
    await expect(ask('SELECT * FROM api.accounts')).rejects.toThrow('permission denied for table accounts');
    expect(await database.apply(declaration)).toMatchObject({ changes: 0 });
  });

  it('may be bound as narrowly as a condition says, by claims as well', async () => {
    const database = await cluster.database();
    const items = (to: string) => ({
      items: [custom({ to, for: 'select', using: { file: 'own.sql', sql: `title <> 'b'` } })],
    });
    await database.apply(declared(database.name, items));
    const count = () => database.request(`${database.name}_user`, { uid: 2 }, 'SELECT api.count_items() AS n');
    expect(await count()).toEqual([{ n: '1' }]);
    const own = (to: string) => ({
      items: [ownRows({ to, for: 'select', column: 'user_id', claim: 'uid', type: 'int' })],
    });
    await database.apply(declared(database.name, own));
    expect(await count()).toEqual([{ n: '1' }]);
    await database.apply(declared(database.name, () => ({})));
    expect(await count()).toEqual([{ n: '0' }]);
  });

  it('are no way around a change of a policy by hand', async () => {
    const database = await cluster.database();
    const declaration = declared(database.name, sufficient);
    await database.apply(declaration);
    await database.sql(`ALTER POLICY all_rows_select_${database.name}_owner ON api.accounts TO PUBLIC`);
    expect(await database.apply(declaration)).toMatchObject({ changes: expect.any(Number) as number });
    const [policy] = await database.sql(
      `SELECT polroles::regrole[]::text AS roles FROM pg_policy WHERE polrelid = 'api.accounts'::regclass`,
    );
    expect(policy).toEqual({ roles: `{${database.name}_owner}` });
  });
});

it('the access matrix shows what the owner reaches, where a policy is for it', async () => {
  const database = await cluster.database();
  const declaration = declared(database.name, sufficient);
  await database.apply(declaration);
  const matrix = await accessMatrix(database.admin, declaration, sampleSubjects(declaration));
  const owner = `${database.name}_owner`;
  expect(matrix.subjects).toEqual([`${database.name}_user`, owner]);
  const reach = matrix.relations.flatMap(({ name, cells }) =>
    cells
      .filter(({ subject }) => subject === owner)
      .map(({ command, reach: found, declared: is }) => ({
        name,
        command,
        is,
        rows: 'rows' in found ? found.rows.length : -1,
      })),
  );
  expect(reach.every(({ is }) => is)).toBe(true);
  expect(reach.filter(({ rows }) => rows > 0).map(({ name, command }) => `${command} ${name}`)).toEqual([
    'select items',
    'select accounts',
    'insert changes',
  ]);
  const closed = declared(database.name, () => ({}));
  expect(Object.keys(sampleSubjects(closed))).toEqual([`${database.name}_user`]);
});

describe('behind PostgREST', () => {
  let api: EphemeralPostgrest;
  beforeAll(async () => {
    api = await startEphemeralPostgrest(declared('definers', sufficient));
  });
  afterAll(() => api?.stop());

  it('a write with a trigger, a count and a sign-in succeed', async () => {
    const user = await api.as('definers_user', { uid: 1 });
    const headers = { 'Content-Type': 'application/json' };
    const post = (path: string, body: object) =>
      user.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect((await post('/items', { title: 'd', user_id: 1 })).status).toBe(201);
    expect(await (await post('/rpc/count_items', {})).json()).toBe(3);
    expect(await (await post('/rpc/sign_in', { name: 'ann', secret: 'x' })).json()).toBe(true);
    expect(await api.sql('SELECT title FROM api.changes')).toEqual([{ title: 'd' }]);
  });
});
