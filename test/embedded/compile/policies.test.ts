import { beforeAll, describe, expect, it } from 'vitest';
import {
  allRows,
  claimList,
  custom,
  declare,
  membership,
  ownRows,
  publicRows,
  tenant,
  validBetween,
  type PolicyInput,
  type SqlSource,
} from '../../../declaration/index.ts';
import { applyDeclaration } from '../../../apply/index.ts';
import { ADMINS, useCluster, type TestDatabase } from '../../support/database.ts';
import { FULL_TESTS } from '../../support/fuzz.ts';

const cluster = useCluster();

const migration: SqlSource = {
  file: '001.sql',
  sql: `CREATE TABLE rows (
      id int PRIMARY KEY, ref int, user_id int, tenant uuid, region text, open boolean NOT NULL DEFAULT false,
      starts_at timestamptz, ends_at timestamptz);
    CREATE INDEX ON rows (ref); CREATE INDEX ON rows (user_id); CREATE INDEX ON rows (tenant); CREATE INDEX ON rows (region);
    CREATE TABLE members (row_id int, who uuid, state text, PRIMARY KEY (who, row_id));
    INSERT INTO rows (id, ref, user_id, tenant, region, open, starts_at, ends_at) VALUES
      (1, 1, 1, '00000000-0000-0000-0000-00000000000a', 'north', true, null, null),
      (2, 2, 1, '00000000-0000-0000-0000-00000000000b', 'south', false, '2000-01-01', '2999-01-01'),
      (3, 3, 2, '00000000-0000-0000-0000-00000000000a', 'it''s', false, '2000-01-01', '2001-01-01'),
      (4, 4, null, null, null, false, '2999-01-01', null);
    INSERT INTO members VALUES (1, '00000000-0000-0000-0000-000000000001', 'active'),
      (3, '00000000-0000-0000-0000-000000000001', 'gone'), (4, '00000000-0000-0000-0000-000000000002', 'active');`,
};
const tenantA = '00000000-0000-0000-0000-00000000000a';
const someone = '00000000-0000-0000-0000-000000000001';
const to = 'USER';
const through = { table: 'members', key: 'row_id', member: 'who' };

/** A policy, and which rows each token's claims reach; `null` where the claims are no JSON. */
interface Case {
  readonly name: string;
  readonly policy: PolicyInput;
  readonly reached: readonly (readonly [claims: unknown, ids: readonly number[] | null])[];
}

const cases: Case[] = [
  {
    name: 'own rows',
    policy: ownRows({ to, column: 'user_id', claim: 'user_id', type: 'int' }),
    reached: [
      [{ user_id: 1 }, [1, 2]],
      [{ user_id: '2' }, [3]],
      [{ user_id: 9 }, []],
      [{}, []],
      [{ user_id: null }, []],
      [undefined, []],
      ['', []],
      [{ user_id: 'one' }, []],
      [{ user_id: [1] }, []],
      [{ user_id: true }, []],
      [{ user_id: '1 OR true' }, []],
      [{ user_id: 2 ** 31 }, []],
      ['[]', []],
      ['not json', null],
    ],
  },
  {
    name: 'a tenant in a nested claim',
    policy: tenant({ to, column: 'tenant', claim: ['app_metadata', 'tenant'], type: 'uuid' }),
    reached: [
      [{ app_metadata: { tenant: tenantA } }, [1, 3]],
      [{ app_metadata: {} }, []],
      [{ app_metadata: tenantA }, []],
      [{ app_metadata: null }, []],
      [{ tenant: tenantA }, []],
      [{ app_metadata: { tenant: '' } }, []],
    ],
  },
  {
    name: 'a list claim',
    policy: claimList({ to, column: 'region', claim: 'regions', type: 'text' }),
    reached: [
      [{ regions: ['north', "it's"] }, [1, 3]],
      [{ regions: [] }, []],
      [{ regions: 'north' }, []],
      [{ regions: { north: true } }, []],
      [{ regions: null }, []],
      [{ regions: [null, ['south'], 7] }, []],
      [{}, []],
      [undefined, []],
      ['', []],
    ],
  },
  {
    name: 'a list claim of numbers',
    policy: claimList({ to, column: 'user_id', claim: ['app', 'users'], type: 'int' }),
    reached: [
      [{ app: { users: [1, '2'] } }, [1, 2, 3]],
      [{ app: { users: ['one', 2, [1], null, 2 ** 31] } }, [3]],
      [{ app: [] }, []],
    ],
  },
  {
    name: 'a membership',
    policy: membership({ to, column: 'ref', type: 'int', through, claim: 'sub', memberType: 'uuid' }),
    reached: [
      [{ sub: someone }, [1, 3]],
      [{ sub: tenantA }, []],
      [{}, []],
      [undefined, []],
      ['', []],
      [{ sub: 'x' }, []],
    ],
  },
  {
    name: 'a membership in a state',
    policy: membership({
      to,
      column: 'ref',
      type: 'int',
      through: { ...through, where: { state: ['active', `it's`] } },
      claim: 'sub',
      memberType: 'uuid',
    }),
    reached: [[{ sub: someone }, [1]]],
  },
  {
    name: 'all rows',
    policy: allRows({ to }),
    reached: [
      [undefined, [1, 2, 3, 4]],
      [{}, [1, 2, 3, 4]],
    ],
  },
  {
    name: 'public rows',
    policy: publicRows({ to, where: { open: true, region: 'north' } }),
    reached: [
      [undefined, [1]],
      [{ user_id: 2 }, [1]],
    ],
  },
  { name: 'public rows with null', policy: publicRows({ to, where: { region: null } }), reached: [[{}, [4]]] },
  {
    name: 'valid between two times',
    policy: validBetween({ to, from: 'starts_at', until: 'ends_at' }),
    reached: [[{}, [1, 2]]],
  },
  { name: 'valid from a time', policy: validBetween({ to, from: 'starts_at' }), reached: [[{}, [1, 2, 3]]] },
  { name: 'valid until a time', policy: validBetween({ to, until: 'ends_at' }), reached: [[{}, [1, 2, 4]]] },
  {
    name: 'the condition of the original request',
    policy: custom({
      to,
      using: { file: 'own.sql', sql: `user_id = (SELECT :"private".try_cast(:"private".claim('user_id'), NULL::int))` },
    }),
    reached: [
      [{ user_id: 1 }, [1, 2]],
      [{}, []],
      [undefined, []],
      ['', []],
    ],
  },
  {
    name: 'the same condition without a helper',
    policy: custom({
      to,
      using: {
        file: 'own.sql',
        sql: `user_id = (SELECT :"private".try_cast(
          nullif(current_setting('request.jwt.claims', true), '')::json ->> 'user_id', NULL::int)) -- end`,
      },
    }),
    reached: [
      [{ user_id: 2 }, [3]],
      [{}, []],
      ['', []],
    ],
  },
  {
    name: 'a condition with values',
    policy: custom({
      to,
      using: { file: 'own.sql', sql: `:"column" = :'value'` },
      values: { column: 'region', value: `it's` },
    }),
    reached: [[{}, [3]]],
  },
];

const all = [1, 2, 3, 4];
/** The rows as they were made, without their keys. */
const copies = Object.fromEntries(
  [...migration.sql.matchAll(/^ {6}\((\d), \d, (.*)\)[,;]$/gm)].map(([, id, values]) => [Number(id), values]),
);

/** What one role reaches by each command; nothing is kept. */
async function reach(database: TestDatabase, claims: unknown) {
  const ids = async (sql: string) =>
    (await database.request(`${database.name}_user`, claims, sql)).map(({ id }) => id as number).sort();
  const inserted: number[] = [];
  for (const id of all) {
    const copied = copies[id]!;
    const insert = `INSERT INTO api.rows (id, ref, user_id, tenant, region, open, starts_at, ends_at)
      VALUES (${id + 100}, ${id}, ${copied})`;
    await database.request(`${database.name}_user`, claims, insert).then(
      () => inserted.push(id),
      (error: Error) => expect(error.message).toContain('violates row-level security policy'),
    );
  }
  return {
    select: await ids('SELECT id FROM api.rows'),
    update: await ids('UPDATE api.rows SET open = open RETURNING id'),
    delete: await ids('DELETE FROM api.rows RETURNING id'),
    insert: inserted,
  };
}

describe.each(ADMINS)('policies, applied by a %s', (admin) => {
  let database: TestDatabase;
  const declared = (...policies: PolicyInput[]) =>
    declare({
      name: database.name,
      schemas: ['api'],
      roles: { anonymous: `${database.name}_anon`, users: [`${database.name}_user`] },
      migrations: [migration],
      tables: [
        {
          name: 'rows',
          grants: [{ to: `${database.name}_user`, select: true, insert: true, update: true, delete: true }],
          policies: policies.map((policy) => ({ ...policy, to: `${database.name}_user` })),
        },
      ],
    });
  beforeAll(async () => {
    database = await cluster.database(admin);
    await database.apply(declared(allRows({ to })));
  });

  // Each as one of the admins; with `FULL_TESTS=1` as both.
  const asAdmin = cases.filter((_, n) => FULL_TESTS || ADMINS[n % ADMINS.length] === admin);

  describe.each(asAdmin)('$name', ({ policy, reached }) => {
    it('decides every command', async () => {
      await applyDeclaration(database.admin, declared(policy));
      for (const [claims, ids] of reached) {
        if (ids === null) {
          const read = database.request(`${database.name}_user`, claims, 'SELECT id FROM api.rows');
          await expect(read).rejects.toThrow('invalid input syntax');
        } else expect(await reach(database, claims)).toEqual({ select: ids, update: ids, delete: ids, insert: ids });
      }
    });

    it('narrows others where it is restrictive', async () => {
      await applyDeclaration(database.admin, declared(allRows({ to }), { ...policy, restrictive: true }));
      const [claims, ids] = reached[0]!;
      expect(await reach(database, claims)).toEqual({ select: ids, update: ids, delete: ids, insert: ids });
    });
  });

  it.each(['select', 'insert', 'update', 'delete'] as const)('for %s decide nothing else', async (command) => {
    const open = allRows({ to });
    const rest = (['select', 'insert', 'update', 'delete'] as const).filter((other) => other !== command);
    const narrow = ownRows({ to, for: command, column: 'user_id', claim: 'user_id', type: 'int' });
    await applyDeclaration(database.admin, declared({ ...open, for: rest }, narrow));
    expect(await reach(database, { user_id: 2 })).toEqual({
      select: all,
      insert: all,
      update: all,
      delete: all,
      [command]: [3],
      // What is changed or deleted, and shown, has to be seen first.
      ...(command === 'select' && { update: [3], delete: [3] }),
    });
  });

  it('check what is written by a condition of its own', async () => {
    const policy = custom({
      to,
      using: { file: 'using.sql', sql: 'true' },
      check: {
        file: 'check.sql',
        sql: `user_id = (SELECT :"private".try_cast(:"private".claim('user_id'), NULL::int))`,
      },
    });
    await applyDeclaration(database.admin, declared(policy));
    const user = `${database.name}_user`;
    const give = (to: number) =>
      database.request(user, { user_id: 1 }, `UPDATE api.rows SET user_id = ${to} RETURNING id`);
    expect(await give(1)).toHaveLength(4);
    await expect(give(2)).rejects.toThrow('violates row-level security policy');
  });

  it('let nobody see a membership table by the way', async () => {
    const policy = membership({ to, column: 'ref', type: 'int', through, claim: 'sub', memberType: 'uuid' });
    await applyDeclaration(database.admin, declared(policy));
    const user = `${database.name}_user`;
    await expect(database.request(user, { sub: someone }, 'SELECT * FROM api.members')).rejects.toThrow(
      'permission denied',
    );
    const [found] = await database.sql(
      `SELECT oid::regproc::text AS f FROM pg_proc WHERE proname LIKE 'memberships_members%'`,
    );
    // Of the subject's own memberships, and of nothing else, the function may be asked.
    expect(
      await database.request(user, { sub: someone }, `SELECT * FROM ${String(found!['f'])}() AS id ORDER BY 1`),
    ).toEqual([{ id: 1 }, { id: 3 }]);
  });
});

describe('the plan of a query', () => {
  it('reads a claim once a statement, and uses the index', { timeout: 120_000 }, async () => {
    const database = await cluster.database();
    const user = `${database.name}_user`;
    const wrapped = (policy: PolicyInput) =>
      declare({
        name: database.name,
        schemas: ['api'],
        roles: { users: [user] },
        migrations: [
          {
            file: '001.sql',
            sql: `CREATE TABLE big (id int PRIMARY KEY, user_id int, region text);
              INSERT INTO big SELECT i, i % 10000, 'r' || i % 1000 FROM generate_series(1, 100000) AS i;
              CREATE INDEX ON big (user_id); CREATE INDEX ON big (region);
              CREATE TABLE members (row_id int, who int, PRIMARY KEY (who, row_id));
              INSERT INTO members SELECT i * 100, i % 50 FROM generate_series(1, 1000) AS i;`,
          },
        ],
        tables: [{ name: 'big', grants: [{ to: user, select: true }], policies: [{ ...policy, to: user }] }],
      });
    const explain = async (policy: PolicyInput) => {
      const declaration = wrapped(policy);
      await applyDeclaration(database.admin, declaration);
      const rows = await database.request(
        user,
        { user_id: 7, regions: ['r1', 'r2'] },
        'EXPLAIN (ANALYZE, BUFFERS OFF) SELECT * FROM api.big',
      );
      const text = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
      return { text, ms: Number(/Execution Time: ([\d.]+)/.exec(text)![1]) };
    };
    await database.apply(wrapped(allRows({ to: user })));
    await database.sql('ANALYZE api.big, api.members');

    const own = await explain(ownRows({ to: user, column: 'user_id', claim: 'user_id', type: 'int' }));
    expect(own.text).toMatch(/Index Cond: \(user_id = \(InitPlan \d+\)\.col1\)/);
    const list = await explain(claimList({ to: user, column: 'region', claim: 'regions', type: 'text' }));
    expect(list.text).toMatch(/Index Cond: \(region = ANY \(\(InitPlan \d+\)\.col1\)\)/);
    const through = { table: 'members', key: 'row_id', member: 'who' };
    const shared = await explain(
      membership({ to: user, column: 'id', type: 'int', through, claim: 'user_id', memberType: 'int' }),
    );
    expect(shared.text).toMatch(/Index Cond: \(id = ANY \(\(InitPlan \d+\)\.col1\)\)/);
    const unwrapped = await explain(
      custom({ to: user, using: { file: 'slow.sql', sql: `user_id::text = :"private".claim('user_id')` } }),
    );
    expect(unwrapped.text).not.toContain('InitPlan');
    console.log(
      `100,000 rows: own ${own.ms} ms, list ${list.ms} ms, membership ${shared.ms} ms, unwrapped ${unwrapped.ms} ms`,
    );
    for (const { ms } of [own, list, shared]) expect(ms * 5).toBeLessThan(unwrapped.ms);
  });
});
