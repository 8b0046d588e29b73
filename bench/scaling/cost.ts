import type { Load, LoadOrders } from '../load.ts';
import type { Program } from '../processes.ts';
import type { Figures } from '../report.ts';
import { inRounds, runLoad } from '../run-load.ts';
import { summarize } from '../statistics.ts';

const REQUESTS = 1000;
const LIMIT_MS = 15_000;
const CONNECTIONS = 8;

/** A kind of request whose CPU time is measured. */
export interface Cost {
  readonly name: string;
  readonly url: string;
  /** Name of the request that it is compared with. @default it is a floor */
  readonly floor?: string;
  readonly orders?: Partial<LoadOrders>;
  /** Tokens that are new in each round. @default those of `orders` */
  readonly newTokens?: () => Promise<readonly string[]>;
}

/** Name of the figure with the CPU time of a program in a request, in microseconds. */
export const costName = (request: string, program: Program) => `${request}: ${program}`;

/** Measures the CPU time of a request in each program, in rounds. */
export async function addCosts(figures: Figures, costs: readonly Cost[]): Promise<void> {
  const loads = await inRounds(costs, async ({ url, orders, newTokens }) => {
    const tokens = await newTokens?.();
    return runLoad({
      urls: [url],
      connections: CONNECTIONS,
      milliseconds: LIMIT_MS,
      requests: tokens?.length ?? REQUESTS,
      warmUp: newTokens ? 0 : REQUESTS / 5,
      ...orders,
      ...(tokens && { tokens }),
    });
  });
  for (const [cost, measured] of loads) addCost(figures, cost, measured);
}

function addCost(figures: Figures, { name, floor }: Cost, loads: readonly Load[]): void {
  const programs = (Object.keys(loads[0]!.processorSeconds) as Program[]).filter((program) =>
    loads.every(({ processorSeconds }) => processorSeconds[program] > 0.001),
  );
  for (const program of programs) {
    const values = loads.map(({ processorSeconds, requests }) => (processorSeconds[program] / requests) * 1e6);
    const against = floor === undefined ? undefined : costName(floor, program);
    figures.add(costName(name, program), summarize(values), {
      unit: 'µs',
      ...(against !== undefined && figures.has(against) && { against }),
    });
  }
  const bytes = (what: string, pick: (load: Load) => number) =>
    figures.add(`${name}: bytes ${what}`, summarize(loads.map(pick)), { unit: 'bytes' });
  if (loads.every(({ bytesReceived }) => bytesReceived > 0)) {
    bytes('sent', ({ bytesSent }) => bytesSent);
    bytes('received', ({ bytesReceived }) => bytesReceived);
  }
}
