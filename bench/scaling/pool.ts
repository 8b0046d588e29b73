import type { Load } from '../load.ts';
import type { Figures } from '../report.ts';
import { inRounds, runLoad } from '../run-load.ts';
import { summarize } from '../statistics.ts';
import { generateKey } from '../../tokens/index.ts';
import { ONE_ROW_PATH } from './requests.ts';
import { tokenOf, type ScalingServers } from './servers.ts';

export const POOLS = [1, 2, 4, 10, 20, 40] as const;
const CLIENTS = 48;
const ROUND_MS = 3000;
const WAIT_MS = 20;

/** Requests a second by the size of the pool: of a short query, and of one that waits and needs no CPU. */
export const POOLED = (poolSize: number, what: 'short' | 'waiting') =>
  what === 'short' ? `pool of ${poolSize}: one row by key` : `pool of ${poolSize}: a query that waits ${WAIT_MS} ms`;

/** One server, clients that always ask, and the pool as the only difference. */
export async function benchPool(figures: Figures, servers: ScalingServers): Promise<void> {
  const key = await generateKey('ES256');
  const token = await tokenOf(key);
  const variants = [];
  for (const poolSize of POOLS) {
    const { url } = await servers.serve({ key, poolSize });
    variants.push({ name: POOLED(poolSize, 'short'), url: url + ONE_ROW_PATH });
    const body = JSON.stringify({ milliseconds: WAIT_MS });
    variants.push({ name: POOLED(poolSize, 'waiting'), url: `${url}/rpc/wait`, body });
  }
  const loads = await inRounds(variants, ({ url, ...more }) =>
    runLoad({
      urls: [url],
      token,
      connections: CLIENTS,
      milliseconds: ROUND_MS,
      warmUp: CLIENTS,
      ...('body' in more && more.body !== undefined && { body: more.body }),
    }),
  );
  for (const [{ name }, measured] of loads) {
    const against = name.replace(/^pool of \d+/, `pool of ${POOLS[0]}`);
    const add = (suffix: string, unit: 'requests/s' | 'µs', pick: (load: Load) => number) =>
      figures.add(name + suffix, summarize(measured.map(pick)), {
        unit,
        ...(name !== against && { against: against + suffix }),
      });
    add('', 'requests/s', ({ requestsPerSecond }) => requestsPerSecond);
    add(
      ', CPU of PostgREST and Postgres',
      'µs',
      ({ processorSeconds: { postgres, postgrest }, requests }) => ((postgres + postgrest) / requests) * 1e6,
    );
  }
}
