import type { LocalConnection } from '../testing/servers/postgres-server.ts';
import { withClient } from '../postgres/with-client.ts';
import { timed } from './measure.ts';
import type { Figures, Target } from './report.ts';
import { summarize } from './statistics.ts';

const PAIRS = 3000;
const LIMIT_MS = 30_000;
const COST_LIMIT_MS = 0.1;

interface Ask {
  readonly url: string;
  readonly token: string;
}

/** Function that does nothing, for servers to call instead of the check. */
export const EMPTY_CHECK = 'bench_private.nothing';

/** Makes the empty function; applying a declaration removes it. */
export async function createEmptyCheck(connection: LocalConnection): Promise<void> {
  await withClient(connection, (client) =>
    client.query(`
      CREATE OR REPLACE FUNCTION ${EMPTY_CHECK}() RETURNS void LANGUAGE plpgsql STABLE AS 'BEGIN END';
      GRANT EXECUTE ON FUNCTION ${EMPTY_CHECK}() TO bench_user`),
  );
}

/**
 * Cost of the check before each request: pairs of requests for the same rows, to a server with it and to one with an empty
 * function, one at a time and either first, so that neither waits for others and whatever else the machine does meets both.
 */
export async function preRequestCost(
  figures: Figures,
  requests: { readonly empty: Ask; readonly checked: Ask },
  what = 'pre-request',
): Promise<Target> {
  const ask = async ({ url, token }: Ask) => {
    const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
    await response.arrayBuffer();
  };
  // Connections, plans and the key are there for both.
  for (let n = 0; n < 100; n++) for (const request of Object.values(requests)) await ask(request);
  const empty: number[] = [];
  const checked: number[] = [];
  const end = performance.now() + LIMIT_MS;
  const askEmpty = async () => empty.push(await timed(() => ask(requests.empty)));
  const askChecked = async () => checked.push(await timed(() => ask(requests.checked)));
  while (checked.length < PAIRS && performance.now() < end) {
    // The second of two requests can take a tenth of a millisecond more than the first, whatever it asks for.
    const inOrder = checked.length % 2 === 0 ? [askEmpty, askChecked] : [askChecked, askEmpty];
    for (const request of inOrder) await request();
  }
  const [without, withCheck] = [
    `one at a time: an empty function instead of ${what}`,
    `one at a time: ${what}`,
  ] as const;
  figures.add(without, summarize(empty));
  figures.add(withCheck, summarize(checked), { against: without });
  return {
    name: `${what} over an empty function, the median of pairs of requests`,
    // The machine's speed changes more within a minute than the check costs, so each pair is compared by itself.
    value: summarize(checked.map((time, pair) => time - empty[pair]!)).median,
    limit: COST_LIMIT_MS,
    unit: 'ms',
  };
}
