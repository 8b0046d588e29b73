import { ask } from './server.js';

const RETRY_MS = 2000;

/**
 * Calls back after each change of the API.
 *
 * @param onChange called again until it succeeds
 * @param onLost called when the explorer does not answer
 */
export async function followChanges(onChange, onLost) {
  let { change } = await ask('/changes?after=-1');
  for (;;) {
    try {
      const next = (await ask(`/changes?after=${change}`)).change;
      if (next !== change) await onChange();
      change = next;
    } catch (error) {
      onLost(error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
