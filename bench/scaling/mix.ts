import { startNginx } from '../../test/support/nginx.ts';
import { certificateAuthority } from '../../test/support/certificates.ts';
import { generateKey } from '../../tokens/index.ts';
import type { Load } from '../load.ts';
import type { Program } from '../processes.ts';
import type { Figures } from '../report.ts';
import { inRounds, runLoad } from '../run-load.ts';
import { summarize } from '../statistics.ts';
import { costName } from './cost.ts';
import { TLS_KEPT, WIDE } from './gateway.ts';
import { CALL, INSERT, MANY_ROWS, MEMBER, ONE_ROW, userRequests } from './requests.ts';
import { tokenOf, type ScalingServers } from './servers.ts';

/** Requests of each kind among twenty. */
export const MIX: Readonly<Record<string, number>> = {
  [ONE_ROW]: 10,
  [MEMBER]: 3,
  [MANY_ROWS(10)]: 3,
  [MANY_ROWS(100)]: 1,
  [INSERT]: 2,
  [CALL]: 1,
};
const ROUND_MS = 20_000;
const CONNECTIONS = 16;

export const MIXED = 'the mix through the gateway';
export const PROGRAMS = ['nginx', 'postgrest', 'postgres'] as const;
export const predictedName = (program: Program) => `predicted: ${costName(MIXED, program)}`;
export const MEASURED_RATE = 'requests/s of the mix at saturation';
export const PREDICTED_RATE = 'predicted: requests/s of the mix at saturation';
export const SERVER_SHARE = 'of two cores, those that the servers had';

/** The mean of the mix's requests, each by what it costs alone: the model's prediction. */
export function predictedCost(figures: Pick<Figures, 'of'>, program: (typeof PROGRAMS)[number]): number {
  if (program === 'nginx') return figures.of(costName(TLS_KEPT, 'nginx')).median;
  const total = Object.values(MIX).reduce((sum, count) => sum + count, 0);
  return Object.entries(MIX)
    .map(([name, count]) => (count / total) * figures.of(costName(name, program)).median)
    .reduce((sum, cost) => sum + cost, 0);
}

/** A mix of requests as fast as the machine answers, against the sum of what was measured for each alone. */
export async function benchMix(figures: Figures, servers: ScalingServers): Promise<void> {
  const key = await generateKey('ES256');
  const token = await tokenOf(key);
  const server = await servers.serve({ key });
  const pem = certificateAuthority('bench').issue('localhost');
  const door = await startNginx(server.url, { input: { limits: WIDE }, pem });
  try {
    const mix = userRequests.flatMap(({ name, path, body }) =>
      Array.from({ length: MIX[name] ?? 0 }, () => ({ url: door.url + path, ...(body !== undefined && { body }) })),
    );
    const orders = { urls: [door.url], mix, token, connections: CONNECTIONS, milliseconds: ROUND_MS, warmUp: 100 };
    const loads = (await inRounds([MIXED], () => runLoad(orders))).get(MIXED)!;
    addMix(figures, loads);
  } finally {
    await door.stop();
    await server.stop();
  }
}

function addMix(figures: Figures, loads: readonly Load[]): void {
  const predicted = PROGRAMS.map((program) => {
    const cost = predictedCost(figures, program);
    figures.add(predictedName(program), summarize([cost]), { unit: 'µs' });
    const measured = loads.map(({ processorSeconds, requests }) => (processorSeconds[program] / requests) * 1e6);
    figures.add(costName(MIXED, program), summarize(measured), { unit: 'µs', against: predictedName(program) });
    return cost;
  }).reduce((sum, cost) => sum + cost, 0);
  // Of the CPU time that the servers had: other programs of the machine take some, and so does the load.
  const cores = loads.map(
    ({ processorSeconds, seconds }) => PROGRAMS.reduce((sum, program) => sum + processorSeconds[program], 0) / seconds,
  );
  figures.add(SERVER_SHARE, summarize(cores.map((count) => (count / 2) * 100)), { unit: '%' });
  figures.add(PREDICTED_RATE, summarize(cores.map((count) => (count * 1e6) / predicted)), { unit: 'requests/s' });
  figures.add(MEASURED_RATE, summarize(loads.map(({ requestsPerSecond }) => requestsPerSecond)), {
    unit: 'requests/s',
    against: PREDICTED_RATE,
  });
}
