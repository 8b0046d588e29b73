import { createRoles, applyDeclaration } from '../apply/index.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { startPostgres, type LocalConnection } from '../testing/servers/postgres-server.ts';
import { withClient } from '../postgres/with-client.ts';
import { executionTime } from './execution-time.ts';
import { fillItems, itemsDeclaration } from './items.ts';
import { type Figures, type Outcome } from './report.ts';
import { summarize, type Summary } from './statistics.ts';
import { benchVisibleRows } from './visible-rows.ts';

const SAMPLES = 5;
/** A condition written as most tutorials write it takes seconds; one that takes longer is cut off. */
const LIMIT_MS = 30_000;

/** The time of one query under a policy, by EXPLAIN ANALYZE: as this package writes it, against the plain way. */
export async function benchPolicies(figures: Figures): Promise<Outcome> {
  await using postgres = await startPostgres();
  await postgres.createDatabase('bench');
  const connection = postgres.connection('bench');
  await prepareItems(connection);
  const claim = `bench_private.claim('user_id')::int`;

  const explain = (table: string, condition?: string) => explainAs(connection, table, condition);
  figures.add('own rows, index: no policy, filter in the query', await explain('items'));
  for (const [table, place] of [
    ['items', 'own rows, index'],
    ['unindexed', 'own rows, no index'],
  ] as const) {
    figures.add(`${place}: unwrapped claim`, await explain(table, `user_id = ${claim}`));
    figures.add(`${place}: this package`, await explain(table, 'declared'), { against: `${place}: unwrapped claim` });
  }
  const member = `${claim} IN (SELECT m.user_id FROM api.members AS m WHERE m.project_id = shared.project_id)`;
  figures.add('membership: correlated, unwrapped', await explain('shared', member));
  figures.add('membership: this package', await explain('shared', 'declared'), {
    against: 'membership: correlated, unwrapped',
  });
  return { targets: await benchVisibleRows(connection, figures) };
}

/** Makes roles, tables, access and rows. */
export async function prepareItems(connection: LocalConnection, authenticator = 'only-for-benchmarks'): Promise<void> {
  await withClient(connection, (client) => createRoles(client, itemsDeclaration, { authenticator }));
  await applyDeclaration(connection, itemsDeclaration);
  await withClient(connection, async (client) => {
    for (const sql of fillItems.split(';\n')) await client.query(sql);
  });
}

/** `condition`: the declared policy, another condition in its place, or none, with the filter in the query. */
function explainAs(connection: LocalConnection, table: string, condition?: string): Promise<Summary> {
  return withClient(connection, async (client) => {
    await client.query('BEGIN');
    const name = `api.${quoteIdentifier(table)}`;
    if (condition === undefined) {
      await client.query(`ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`);
    } else if (condition !== 'declared') {
      const { rows } = await client.query<{ policyname: string }>(
        `SELECT policyname FROM pg_policies WHERE schemaname = 'api' AND tablename = $1 AND 'bench_user' = ANY (roles)`,
        [table],
      );
      for (const { policyname } of rows) await client.query(`DROP POLICY ${quoteIdentifier(policyname)} ON ${name}`);
      await client.query(`CREATE POLICY plain ON ${name} FOR SELECT TO bench_user USING (${condition})`);
    }
    await client.query(`SET LOCAL statement_timeout = ${LIMIT_MS}; SET LOCAL ROLE bench_user`);
    await client.query(`SELECT set_config('request.jwt.claims', '{"user_id": 7}', true)`);
    const query = `SELECT * FROM ${name}${condition === undefined ? ' WHERE user_id = 7' : ''}`;
    const times = [];
    const end = Date.now() + LIMIT_MS;
    do times.push(await executionTime(client, query));
    while (times.length < SAMPLES && Date.now() < end);
    await client.query('ROLLBACK');
    return summarize(times);
  });
}
