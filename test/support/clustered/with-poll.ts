import { setTimeout as delay } from 'node:timers/promises';

/** Most attempts run `kubectl`, which takes a fifth of a second of CPU. */
const PAUSE_MS = 500;

/** Tries again until it succeeds, for a minute and a half. */
export async function withPoll<Value>(attempt: () => Promise<Value>): Promise<Value> {
  for (const deadline = Date.now() + 90_000; ; await delay(PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
