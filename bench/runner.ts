import { randomBytes } from 'node:crypto';
import { applyDeclaration, createRoles } from '../apply/index.ts';
import { diffDeclaration } from '../apply/diff.ts';
import { desiredAccess } from '../compile/access.ts';
import { startPostgres, type LocalConnection, type PostgresServer } from '../testing/servers/postgres-server.ts';
import { withClient } from '../postgres/with-client.ts';
import type { Declaration } from '../index.ts';
import { inOneTransaction, statementsFor } from './bare-sql.ts';
import { measure } from './measure.ts';
import { type Figures, type Outcome } from './report.ts';
import { declareTables } from './tables.ts';

const COUNTS = [10, 100, 1000] as const;
const NO_OP_LIMIT_MS = 1000;

/** Cost of the runner by the number of tables, against the same SQL without it. */
export async function benchRunner(figures: Figures): Promise<Outcome> {
  await using postgres = await startPostgres();
  for (const count of COUNTS) await benchTables(figures, postgres, count);
  const noOp = `${COUNTS.at(-1)} tables: converge with nothing to do`;
  return {
    targets: [{ name: noOp, value: figures.of(noOp).median, limit: NO_OP_LIMIT_MS, unit: 'ms' }],
  };
}

async function benchTables(figures: Figures, postgres: PostgresServer, count: number): Promise<void> {
  const declaration = declareTables('bench', count);
  const place = `${count} tables`;
  const few = { times: 5, limitMs: 4000 };
  let databases = 0;
  const setUp = () => emptyDatabase(postgres, declaration, `bench_${count}_${++databases}`);

  const rendering = await measure(few, () => desiredAccess(declareTables('bench', count)));
  figures.add(`${place}: declare and render`, rendering);

  const statements = await statementsFor(await setUp(), declaration);
  const bare = await measure({ ...few, setUp }, (connection) => inOneTransaction(connection, statements));
  figures.add(`${place}: bare SQL`, bare);

  let applied: LocalConnection | undefined;
  const first = await measure({ ...few, setUp }, async (connection) => {
    await applyDeclaration(connection, declaration);
    applied = connection;
  });
  figures.add(`${place}: first apply`, first, { against: `${place}: bare SQL` });

  const connecting = await measure(few, () => inOneTransaction(applied!, []));
  figures.add(`${place}: connect, begin and commit`, connecting);
  const noOp = await measure(few, () => applyDeclaration(applied!, declaration));
  figures.add(`${place}: converge with nothing to do`, noOp, { against: `${place}: connect, begin and commit` });

  await benchOneChange(figures, place, applied!, declaration, declareTables('bench', count, { firstClaim: 'sub' }));
}

async function benchOneChange(
  figures: Figures,
  place: string,
  connection: LocalConnection,
  before: Declaration,
  after: Declaration,
): Promise<void> {
  const there = (await diffDeclaration(connection, after)).statements;
  const few = { times: 3, limitMs: 4000 };
  const bare = await measure({ ...few, setUp: () => applyDeclaration(connection, before) }, () =>
    inOneTransaction(connection, there),
  );
  figures.add(`${place}: bare SQL of one changed policy`, bare);
  const change = await measure({ ...few, setUp: () => applyDeclaration(connection, before) }, () =>
    applyDeclaration(connection, after),
  );
  figures.add(`${place}: one changed policy`, change, { against: `${place}: bare SQL of one changed policy` });
}

/** A database of its own with the roles, and nothing else. */
export async function emptyDatabase(
  postgres: PostgresServer,
  declaration: Declaration,
  name: string,
): Promise<LocalConnection> {
  await postgres.createDatabase(name);
  const connection = postgres.connection(name);
  const authenticator = randomBytes(12).toString('hex');
  await withClient(connection, (client) => createRoles(client, declaration, { authenticator }));
  return connection;
}
