import { withClient } from '../../postgres/with-client.ts';
import { generateKey } from '../../tokens/index.ts';
import { memoryOf, processesBelow, type Program } from '../processes.ts';
import type { Figures } from '../report.ts';
import { runLoad } from '../run-load.ts';
import { summarize } from '../statistics.ts';
import { newClient } from '../../postgres/with-client.ts';
import { ONE_ROW_PATH } from './requests.ts';
import { tokenOf, type ScalingServers } from './servers.ts';

const POOL = 10;
const IDLE = 50;

export const SERVER_CONNECTIONS = `connections of a server with a pool of ${POOL}`;
export const LISTENING = 'of these, connections that only listen';
export const SERVER_MEMORY = 'a PostgREST server, started';
export const SERVER_MEMORY_USED = 'a PostgREST server, after 5,000 requests';
export const IDLE_MEMORY = 'an idle connection of Postgres, no query yet';
export const USED_MEMORY = 'a connection of Postgres in a pool, after requests';

/** Memory and number of connections, and the memory of a server. */
export async function benchConnections(figures: Figures, servers: ScalingServers): Promise<void> {
  const before = memory('postgres');
  const clients = Array.from({ length: IDLE }, () => newClient(servers.login));
  await Promise.all(clients.map((client) => client.connect()));
  const idle = (memory('postgres') - before) / IDLE;
  await Promise.all(clients.map((client) => client.end()));
  const key = await generateKey('ES256');
  const pids = new Set(processesBelow(process.pid).map(({ pid }) => pid));
  const server = await servers.serve({ key, poolSize: POOL });
  const started = memory('postgrest', pids);
  await runLoad({
    urls: [server.url + ONE_ROW_PATH],
    token: await tokenOf(key),
    connections: 32,
    requests: 5000,
    milliseconds: 45_000,
  });
  const { rows } = await withClient(servers.connection, (client) =>
    client.query<{ pid: number; query: string }>(
      `SELECT pid, query FROM pg_stat_activity WHERE usename = $1 AND datname = 'bench'`,
      [servers.login.user],
    ),
  );
  const listening = rows.filter(({ query }) => /^LISTEN/i.test(query));
  const pooled = rows.filter((row) => !listening.includes(row)).map(({ pid }) => memoryOf(pid));
  const one = (name: string, value: number, unit: 'MB' | 'connections') =>
    figures.add(name, summarize([value]), { unit });
  one(SERVER_CONNECTIONS, rows.length, 'connections');
  one(LISTENING, listening.length, 'connections');
  one(SERVER_MEMORY, started, 'MB');
  one(SERVER_MEMORY_USED, memory('postgrest', pids), 'MB');
  one(IDLE_MEMORY, idle, 'MB');
  figures.add(USED_MEMORY, summarize(pooled), { unit: 'MB', against: IDLE_MEMORY });
  await server.stop();
}

/** Memory of a program's processes in megabytes, without those that were there before. */
function memory(program: Program, before: ReadonlySet<number> = new Set()): number {
  return processesBelow(process.pid)
    .filter((process) => process.program === program && !before.has(process.pid))
    .reduce((sum, { pid }) => sum + memoryOf(pid), 0);
}
