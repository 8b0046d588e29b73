import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '../../postgres/with-client.ts';
import type { RunningPostgrest } from '../../testing/servers/postgrest-server.ts';
import { generateKey } from '../../tokens/index.ts';
import { memoryOf, processesBelow } from '../processes.ts';
import type { Figures } from '../report.ts';
import { summarize } from '../statistics.ts';
import { tableName } from '../tables.ts';
import { processorTimes, secondsBetween } from './processor-time.ts';
import type { ScalingServers } from './servers.ts';

export const TABLES = [10, 100, 1000, 5000] as const;
/** Servers that reload at once, with this many tables. */
export const RELOADING = [1, 2, 4, 8] as const;
export const RELOADED_TABLES = 1000;
const BATCH = 250;
const RELOAD_LIMIT_MS = 60_000;

export const START = (tables: number) => `start with ${tables} tables`;
export const RELOAD = (tables: number, servers: number) => `reload of ${servers} servers with ${tables} tables`;

/** Start and reload of servers by the number of tables: each has five columns, a foreign key, two indexes and grants. */
export async function benchCatalog(figures: Figures, servers: ScalingServers): Promise<void> {
  const key = await generateKey('ES256');
  const floor = START(TABLES[0]);
  for (const tables of TABLES) {
    const database = `bench_${tables}`;
    await createCatalog(servers, database, tables);
    const serve = () => servers.serve({ key, database, preRequest: false, poolSize: 2 });
    const pids = new Set(processesBelow(process.pid).map(({ pid }) => pid));
    const before = processorTimes(process.pid);
    const first = await serve();
    await loaded(first, 1);
    addSeconds(figures, START(tables), before, tables === TABLES[0] ? undefined : floor);
    const memory = processesBelow(process.pid).filter(({ pid, program }) => program === 'postgrest' && !pids.has(pid));
    figures.add(`${START(tables)}: memory`, summarize(memory.map(({ pid }) => memoryOf(pid))), { unit: 'MB' });
    const running = [first];
    for (const count of tables === RELOADED_TABLES ? RELOADING : [1]) {
      while (running.length < count) running.push(await serve());
      await reload(figures, servers, { running, database, tables });
    }
    await Promise.all(running.map((server) => server.stop()));
  }
}

interface Reload {
  readonly running: readonly RunningPostgrest[];
  readonly database: string;
  readonly tables: number;
}

async function reload(figures: Figures, servers: ScalingServers, { running, database, tables }: Reload): Promise<void> {
  const name = RELOAD(tables, running.length);
  const loads = running.map(loadsOf);
  const before = processorTimes(process.pid);
  await withClient(servers.postgres.connection(database), (client) => client.query(`NOTIFY pgrst, 'reload schema'`));
  await Promise.all(running.map((server, n) => loaded(server, loads[n]! + 1)));
  const floor = RELOAD(tables, 1);
  addSeconds(figures, name, before, name === floor ? undefined : floor);
}

/** The figures of both programs since a moment, in milliseconds. */
function addSeconds(
  figures: Figures,
  name: string,
  before: ReturnType<typeof processorTimes>,
  floor: string | undefined,
): void {
  const seconds = secondsBetween(before, processorTimes(process.pid));
  for (const program of ['postgrest', 'postgres'] as const) {
    const against = floor === undefined ? {} : { against: `${floor}: ${program}` };
    figures.add(`${name}: ${program}`, summarize([seconds[program] * 1000]), against);
  }
}

/** PostgREST writes one line for each schema cache that it has loaded. */
function loadsOf(server: RunningPostgrest): number {
  return server.logs().split(/Schema cache loaded/i).length - 1;
}

async function loaded(server: RunningPostgrest, times: number): Promise<void> {
  const end = Date.now() + RELOAD_LIMIT_MS;
  while (loadsOf(server) < times) {
    if (Date.now() > end) throw new Error(`the schema cache was not loaded: ${server.logs()}`);
    await delay(20);
  }
}

async function createCatalog(servers: ScalingServers, database: string, tables: number): Promise<void> {
  await servers.postgres.createDatabase(database);
  await withClient(servers.postgres.connection(database), async (client) => {
    await client.query('CREATE SCHEMA api; GRANT USAGE ON SCHEMA api TO bench_user, bench_anonymous');
    // A transaction can lock only so many tables.
    for (let first = 0; first < tables; first += BATCH) {
      const count = Math.min(BATCH, tables - first);
      await client.query(Array.from({ length: count }, (_, n) => createTable(first + n)).join('\n'));
    }
    await client.query('ANALYZE');
  });
}

function createTable(n: number): string {
  const name = `api.${tableName(n)}`;
  return `CREATE TABLE ${name} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL,
  tenant_id uuid NOT NULL, title text NOT NULL, parent_id int REFERENCES api.${tableName(Math.max(0, n - 1))});
CREATE INDEX ON ${name} (user_id);
CREATE INDEX ON ${name} (tenant_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO bench_user;`;
}
