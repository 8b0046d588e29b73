import { setTimeout as delay } from 'node:timers/promises';

/** Tokens that have to pass now, and tokens that must not; both lists may change at any time. */
export interface Passing {
  readonly good: string[];
  readonly bad: string[];
}

export interface PollingOptions {
  /** Requests at a time. */
  readonly clients: number;
  /** Requests in all, at least. */
  readonly atLeast: number;
  /** Milliseconds that a client waits after each answer. @default 15 */
  readonly pauseMs?: number;
}

export interface KeyPolling {
  /** Goes on until there were enough requests. */
  end(): Promise<{
    readonly requests: { readonly good: number; readonly bad: number };
    /** What was answered otherwise than it should. */
    readonly wrong: readonly string[];
  }>;
}

/** Clients that ask servers all the time, each request with one of the tokens. */
export function pollKeys(
  servers: readonly string[],
  passing: Passing,
  { clients, atLeast, pauseMs = 15 }: PollingOptions,
): KeyPolling {
  const requests = { good: 0, bad: 0 };
  const wrong: string[] = [];
  let ending = false;
  const any = <T>(list: readonly T[]) => list[Math.floor(Math.random() * list.length)]!;
  const client = async () => {
    while (!ending || requests.good + requests.bad < atLeast) {
      const [server, kind] = [any(servers), Math.random() < 0.1 ? 'bad' : 'good'] as const;
      const token = any(passing[kind]);
      const answer = await ask(server, token);
      // What has changed sides meanwhile may be answered either way.
      if (!passing[kind].includes(token)) continue;
      requests[kind]++;
      if (!answer.startsWith(kind === 'good' ? '200 ' : '401 ')) wrong.push(`${kind}, ${server}: ${answer}`);
      // The deploys need the CPU as well.
      await delay(pauseMs);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    async end() {
      ending = true;
      await all;
      return { requests, wrong };
    },
  };
}

async function ask(server: string, token: string): Promise<string> {
  try {
    const response = await fetch(`${server}/todos?select=id`, { headers: { Authorization: `Bearer ${token}` } });
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return `closed (${String(error)})`;
  }
}
