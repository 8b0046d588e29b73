import type pg from 'pg';
import {
  startPostgres,
  type LocalConnection,
  type PostgresServer,
} from '../../../../testing/servers/postgres-server.ts';
import { withClient } from '../../../../postgres/with-client.ts';
import { quoteIdentifier } from '../../../../postgres/quote.ts';
import { bases, type BaseName } from './base.ts';
import type { Case, Show } from './case.ts';

const TEMPLATE = 'base';

/** A cluster with one base, and databases copied from it. */
export interface StartedBase extends AsyncDisposable {
  readonly server: PostgresServer;
  /** The database with the base alone, as the superuser. */
  readonly connection: LocalConnection;
  /** Runs a case in a transaction that is rolled back; `work` runs in it, as the superuser. */
  inTransaction<T>(of: Case, work: (client: pg.ClientBase) => Promise<T>): Promise<T>;
  /** Commits a case in a database of its own, and drops it after `work`. */
  inDatabase<T>(of: Case, work: (connection: LocalConnection) => Promise<T>): Promise<T>;
}

/** Starts a cluster, and makes the base in it. */
export async function startBase(name: BaseName): Promise<StartedBase> {
  const base = bases[name];
  const server = await startPostgres({ superuser: base.superuser });
  await server.createDatabase(TEMPLATE);
  const connection = server.connection(TEMPLATE);
  await withClient(connection, async (client) => {
    await client.query(base.sql);
    await client.query(base.everyDatabase);
    if (name === 'supabase') await client.query(`ALTER DATABASE ${TEMPLATE} OWNER TO ${base.owner}`);
  });
  let count = 0;

  return {
    server,
    connection,
    inTransaction: (of, work) =>
      withClient(connection, async (client) => {
        await client.query(`BEGIN; SET LOCAL ROLE ${quoteIdentifier(base.owner)}`);
        await client.query(of.sql);
        await client.query('RESET ROLE');
        const result = await work(client);
        await client.query('ROLLBACK');
        return result;
      }),
    async inDatabase(of, work) {
      const database = `case_${++count}`;
      const admin = server.connection('postgres');
      await withClient(admin, (client) =>
        client.query(
          `CREATE DATABASE ${database} TEMPLATE ${TEMPLATE} OWNER ${name === 'supabase' ? base.owner : base.superuser}`,
        ),
      );
      try {
        await withClient(server.connection(database), async (client) => {
          await client.query(base.everyDatabase);
          await client.query(`BEGIN; SET LOCAL ROLE ${quoteIdentifier(base.owner)}`);
          await client.query(of.sql);
          await client.query('COMMIT');
        });
        return await work(server.connection(database));
      } finally {
        await withClient(admin, async (client) => {
          await client.query(`DROP DATABASE ${database} WITH (FORCE)`);
          if (of.undo !== undefined) await client.query(of.undo);
        });
      }
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** How a show ends, in the transaction of its case; what it writes is rolled back. */
export async function rowsOf(client: pg.ClientBase, show: Show): Promise<Show['rows']> {
  try {
    // Several statements have several results, which the types do not know.
    const results = await asRequest(
      client,
      show,
      () => client.query(show.sql) as Promise<pg.QueryResult | pg.QueryResult[]>,
    );
    return [results].flat().at(-1)!.rowCount === 0 ? 'none' : 'some';
  } catch (error) {
    if (error instanceof Error && 'code' in error) return 'fails';
    throw error;
  }
}

/** Plan of a show's statement, in which whole tables are read only where there is no other way. */
export function planOf(client: pg.ClientBase, show: Show): Promise<string> {
  return asRequest(client, show, async () => {
    await client.query('SET LOCAL enable_seqscan = off');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (COSTS OFF) ${show.sql}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
}

async function asRequest<T>(client: pg.ClientBase, { as, claims }: Show, work: () => Promise<T>): Promise<T> {
  await client.query('SAVEPOINT show');
  try {
    await client.query(`SET LOCAL SESSION AUTHORIZATION authenticator; SET LOCAL ROLE ${quoteIdentifier(as)}`);
    await client.query(`SELECT set_config('request.jwt.claims', $1, true)`, [JSON.stringify({ role: as, ...claims })]);
    return await work();
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT show; RESET SESSION AUTHORIZATION; RESET ROLE');
  }
}
