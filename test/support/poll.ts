import { FULL_TESTS } from './fuzz.ts';

/** One request of a client that asks again and again. */
export interface Probe {
  readonly name: string;
  readonly url: string;
  readonly token?: string;
}

/** What a probe was answered, as `status body`, and how often. */
export type Answers = Map<string, number>;

const PATIENCE_MS = 5000;
/** Between two rounds of requests, which take CPU time from the deploy: a third of it at 10 ms. */
const PAUSE_MS = FULL_TESTS ? 10 : 100;

/** Asks all probes in turn until `work` is done; connections that fail count as `closed`. */
export async function pollDuring<T>(
  probes: readonly Probe[],
  work: Promise<T>,
): Promise<{ result: T; answers: Map<string, Answers> }> {
  const answers = new Map(probes.map(({ name }) => [name, new Map<string, number>()]));
  let done = false;
  const finished = work.finally(() => (done = true));
  const polling = (async () => {
    while (!done) {
      for (const probe of probes) {
        const answer = await ask(probe);
        const counts = answers.get(probe.name)!;
        counts.set(answer, (counts.get(answer) ?? 0) + 1);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  const [result] = await Promise.all([finished, polling]);
  return { result, answers };
}

/** Asks once. No connection, and no answer within some seconds, is `closed`. */
export async function ask({ url, token }: Probe): Promise<string> {
  try {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    return `${response.status} ${await response.text()}`;
  } catch {
    return 'closed';
  }
}

/** Errors and closed connections show no row. */
export function showsData(answer: string): boolean {
  return answer.startsWith('2') && !answer.endsWith(' []');
}
