import type pg from 'pg';
import { applyDeclaration, createRoles } from '../apply/index.ts';
import { declare, membership, ownRows } from '../index.ts';
import { withClient } from '../postgres/with-client.ts';
import { type LocalConnection } from '../testing/servers/postgres-server.ts';
import { executionTime } from './execution-time.ts';
import type { Figures, Target } from './report.ts';
import { summarize } from './statistics.ts';

const ROUNDS = 41;
/** How much longer a query may take under a policy for own rows than with a hand-written WHERE. */
const OWN_ROWS_LIMIT_MS = 0.005;
/** How many times as long as with a hand-written WHERE under a membership policy. */
const MEMBERSHIP_LIMIT = 1.15;

const common = { to: 'visible_user', for: 'select', claim: 'user_id', type: 'int' } as const;
const grants = [{ to: 'visible_user', select: true }] as const;

const declaration = declare({
  name: 'visible',
  schemas: ['visible'],
  roles: { users: ['visible_user'] },
  migrations: [
    {
      file: '001_rows.sql',
      sql: `
CREATE TABLE visible.owned (id int PRIMARY KEY, user_id int NOT NULL, title text NOT NULL);
CREATE INDEX ON visible.owned (user_id);
CREATE TABLE visible.members (project_id int, user_id int, PRIMARY KEY (user_id, project_id));
CREATE TABLE visible.shared (id int PRIMARY KEY, project_id int NOT NULL, title text NOT NULL);
CREATE INDEX ON visible.shared (project_id);`,
    },
  ],
  tables: [
    { name: 'owned', grants, policies: [ownRows({ ...common, column: 'user_id' })] },
    { name: 'members', grants: [], policies: [] },
    {
      name: 'shared',
      grants,
      policies: [
        membership({
          ...common,
          column: 'project_id',
          memberType: 'int',
          through: { table: 'members', key: 'project_id', member: 'user_id' },
        }),
      ],
    },
  ],
});

/**
 * The user of each number has as many own rows, and as many memberships. A project has 10 of the 1,000,000 rows, and the only
 * one of user 1 has one.
 */
const FILL = `
INSERT INTO visible.owned SELECT n, 100000 + n % 50000, 'title ' || n FROM generate_series(1, 1000000) AS n;
UPDATE visible.owned SET user_id = 1 WHERE id = 77;
UPDATE visible.owned SET user_id = 100 WHERE id % 9973 = 5 AND id < 997300;
UPDATE visible.owned SET user_id = 10000 WHERE id % 100 = 13;
INSERT INTO visible.shared SELECT n, n % 100000, 'title ' || n FROM generate_series(1, 999999) AS n;
INSERT INTO visible.shared SELECT 1000000, 100000, 'title';
INSERT INTO visible.members SELECT n, 100000 + n % 20000 FROM generate_series(0, 99999) AS n;
INSERT INTO visible.members VALUES (100000, 1);
INSERT INTO visible.members SELECT 7 * n, users FROM unnest(ARRAY[10, 1000, 10000]) AS users, generate_series(1, users) AS n;
VACUUM FULL ANALYZE visible.owned, visible.shared, visible.members`;

/** The time of a query with few and many visible rows of 1,000,000: under a policy, and with a WHERE by hand in its place. */
export async function benchVisibleRows(connection: LocalConnection, figures: Figures): Promise<Target[]> {
  await withClient(connection, (client) => createRoles(client, declaration, { authenticator: 'only-for-benchmarks' }));
  await applyDeclaration(connection, declaration);
  return withClient(connection, async (client) => {
    for (const sql of FILL.split(';\n')) await client.query(sql);
    const targets: Target[] = [];
    for (const rows of [1, 100, 10_000]) {
      const name = `own rows, ${rows} of 1,000,000`;
      const ways = await inTurn(client, 'owned', rows, `user_id = ${rows}`);
      add(figures, name, ways);
      const value = ways.policy.min - ways.hand.min;
      targets.push({ name: `${name}: more than by hand`, value, limit: OWN_ROWS_LIMIT_MS, unit: 'ms' });
    }
    for (const [memberships, rows] of [
      [1, 1],
      [10, 100],
      [1_000, 10_000],
      [10_000, 100_000],
    ] as const) {
      const name = `membership, ${memberships}, ${rows} of 1,000,000 rows`;
      const byHand = `project_id IN (SELECT project_id FROM visible.members WHERE user_id = ${memberships})`;
      const ways = await inTurn(client, 'shared', memberships, byHand);
      add(figures, name, ways);
      const value = ways.policy.min / ways.hand.min;
      targets.push({ name: `${name}: against by hand`, value, limit: MEMBERSHIP_LIMIT, unit: 'x' });
    }
    return targets;
  });
}

type Ways = Awaited<ReturnType<typeof inTurn>>;

function add(figures: Figures, name: string, { hand, policy }: Ways): void {
  figures.add(`${name}: by hand`, hand);
  figures.add(`${name}: this package`, policy, { against: `${name}: by hand` });
}

/** The user's query under the policy, and that of the owner with the condition, whom the policy does not bind. */
async function inTurn(client: pg.ClientBase, table: string, user: number, condition: string) {
  const times: { hand: number[]; policy: number[] } = { hand: [], policy: [] };
  const all = `SELECT * FROM visible.${table}`;
  for (let round = 0; round < ROUNDS; round++) {
    await client.query('BEGIN');
    times.hand.push(await executionTime(client, `${all} WHERE ${condition}`));
    await client.query(`SELECT set_config('request.jwt.claims', '{"user_id": ${user}}', true)`);
    await client.query('SET LOCAL ROLE visible_user');
    times.policy.push(await executionTime(client, all));
    await client.query('ROLLBACK');
  }
  return { hand: summarize(times.hand), policy: summarize(times.policy) };
}
