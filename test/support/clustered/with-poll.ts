import { setTimeout as delay } from 'node:timers/promises';

/** Tries again until it succeeds, for a minute and a half. */
export async function withPoll<Value>(attempt: () => Promise<Value>): Promise<Value> {
  for (const deadline = Date.now() + 90_000; ; await delay(200)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
