import { afterAll, beforeAll, expect, it } from 'vitest';
import { allRows, declare, ownRows } from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';

const to = 'casting_user';
const declaration = declare({
  name: 'casting',
  schemas: ['api'],
  roles: { users: [to] },
  server: { maxRows: 3 },
  migrations: [
    {
      file: '1.sql',
      sql: `CREATE TABLE whole (id int PRIMARY KEY, owner int, title text);
        CREATE INDEX ON whole (owner);
        INSERT INTO whole SELECT n, n % 2, 'row ' || n FROM generate_series(1, 20) AS n;
        CREATE TABLE columns (id int PRIMARY KEY, title text, pin int);
        INSERT INTO columns SELECT n, 'row ' || n, n FROM generate_series(1, 20) AS n;
        CREATE TABLE notes (id bigint PRIMARY KEY, title text);
        CREATE FUNCTION hidden_function() RETURNS int LANGUAGE sql RETURN 1;`,
    },
  ],
  tables: [
    {
      name: 'whole',
      grants: [{ to, select: true }],
      policies: [ownRows({ to, column: 'owner', claim: 'owner', type: 'int' })],
    },
    { name: 'columns', grants: [{ to, select: ['id', 'title'] }], policies: [allRows({ to })] },
    { name: 'notes', grants: [{ to, select: true, insert: true, delete: true }], policies: [allRows({ to })] },
  ],
});

let api: EphemeralPostgrest;
beforeAll(async () => {
  api = await startEphemeralPostgrest(declaration);
});
afterAll(() => api?.stop());

async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const member = await api.as(to, { owner: 1 });
  const response = await member.fetch(path, init);
  const text = await response.text();
  return { status: response.status, body: text === '' ? '' : (JSON.parse(text) as unknown) };
}

it('a function over whole rows, as a column, goes past maxRows, but not past a policy', async () => {
  expect((await ask('/whole?select=id')).body).toHaveLength(3);
  const { status, body } = await ask('/whole?select=json_agg');
  expect(status).toBe(200);
  const [{ json_agg: rows }] = body as [{ json_agg: { id: number; owner: number }[] }];
  expect(rows.map(({ id }) => id).sort((a, b) => a - b)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
  expect((await ask('/whole?select=row_to_json&limit=1')).body).toEqual([
    { row_to_json: expect.objectContaining({ owner: 1 }) as unknown },
  ]);
});

it('a grant on columns stops it', async () => {
  for (const fn of ['json_agg', 'jsonb_agg', 'row_to_json', 'array_agg', 'count']) {
    expect(await ask(`/columns?select=${fn}`), fn).toMatchObject({ status: 403, body: { code: '42501' } });
  }
});

it('a cast tells the names of roles and functions, to whoever may write a number or a name', async () => {
  const [found] = await api.sql(
    `SELECT (SELECT oid::int8 FROM pg_roles WHERE rolname = 'casting_owner') AS owner,
      (SELECT oid::int8 FROM pg_proc WHERE proname = 'hidden_function') AS fn`,
  );
  const rows = [
    { id: 10, title: 'casting_owner' },
    { id: Number(found!['owner']), title: 'pg_sleep(double precision)' },
    { id: Number(found!['fn']), title: 'nobody_at_all' },
  ];
  expect((await ask('/notes', { method: 'POST', body: JSON.stringify(rows) })).status).toBe(201);
  const cast = async (id: unknown, select: string) => ask(`/notes?id=eq.${String(id)}&select=name:${select}`);
  expect((await cast(found!['owner'], 'id::regrole')).body).toEqual([{ name: 'casting_owner' }]);
  expect((await cast(found!['fn'], 'id::regproc')).body).toEqual([{ name: 'hidden_function' }]);
  expect((await cast(found!['fn'], 'id::regprocedure')).body).toEqual([{ name: 'hidden_function()' }]);
  expect((await cast(10, 'title::regrole')).body).toEqual([{ name: 'casting_owner' }]);
  expect(await cast(found!['fn'], 'title::regrole')).toMatchObject({
    body: { message: 'role "nobody_at_all" does not exist' },
  });
  // The name of a function, and no more: it is no RPC.
  expect((await ask('/rpc/hidden_function')).status).toBe(404);
});
