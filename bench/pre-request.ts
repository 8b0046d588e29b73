import { timed } from './measure.ts';
import type { Figures, Target } from './report.ts';
import { summarize } from './statistics.ts';

const PAIRS = 3000;
const LIMIT_MS = 30_000;
const COST_LIMIT_MS = 0.3;

interface Ask {
  readonly url: string;
  readonly token: string;
}

/**
 * What the check before each request costs one: a request for the same rows to a server with it and to one without, in turn and one
 * at a time, so that neither waits for others and whatever else the machine does meets both.
 */
export async function preRequestCost(
  figures: Figures,
  requests: { readonly plain: Ask; readonly checked: Ask },
  what = 'pre-request',
): Promise<Target> {
  const ask = async ({ url, token }: Ask) => {
    const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
    await response.arrayBuffer();
  };
  // Connections, plans and the key are there for both.
  for (let n = 0; n < 100; n++) for (const request of Object.values(requests)) await ask(request);
  const plain: number[] = [];
  const checked: number[] = [];
  const end = performance.now() + LIMIT_MS;
  while (checked.length < PAIRS && performance.now() < end) {
    plain.push(await timed(() => ask(requests.plain)));
    checked.push(await timed(() => ask(requests.checked)));
  }
  const [without, withCheck] = [`one at a time: no ${what}`, `one at a time: ${what}`] as const;
  figures.add(without, summarize(plain));
  figures.add(withCheck, summarize(checked), { against: without });
  return {
    name: `${what} at the median of a request`,
    value: figures.of(withCheck).median - figures.of(without).median,
    limit: COST_LIMIT_MS,
    unit: 'ms',
  };
}
