import { refuse } from '../../errors/secured-postgrest-error.ts';
import type { KeyProbe } from '../../tokens/keys/key-probes.ts';
import { within } from '../../tokens/within.ts';

export interface KeysUsedOptions {
  /** Addresses of the servers. */
  readonly servers: readonly string[];
  readonly probes: readonly KeyProbe[];
  /** How long it may take, in seconds. */
  readonly timeout: number;
  /** Has the servers read their keys again. Notifications can get lost, so it is called until they have. */
  readonly reload: () => Promise<void>;
}

const PAUSE_MS = 100;
/** For one request. */
const ANSWER_MS = 5000;
const RELOAD_EVERY_MS = 3000;

/**
 * Waits until the answers of each server show that it trusts the keys that it should, and no other.
 *
 * @throws SecuredPostgrestError `keys_not_used`
 */
export async function untilKeysUsed({ servers, probes, timeout, reload }: KeysUsedOptions): Promise<void> {
  const deadline = Date.now() + timeout * 1000;
  let reloaded = -Infinity;
  for (const server of servers) {
    for (;;) {
      if (Date.now() - reloaded > RELOAD_EVERY_MS) {
        await reload();
        reloaded = Date.now();
      }
      const wrong = await firstWrong(server, probes);
      if (wrong === undefined) break;
      if (Date.now() > deadline) {
        const fix =
          "look at the server's log, whether it was told to reload (a pooler in transaction mode loses that) and could " +
          'read the keys, and deploy again';
        refuse('keys_not_used', server, `after ${timeout} s the server ${wrong}`, fix);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function firstWrong(server: string, probes: readonly KeyProbe[]): Promise<string | undefined> {
  for (const { key, token, trusted } of probes) {
    const said = await answerTo(server, token);
    if (said === (trusted ? 'trusted' : 'unknown')) continue;
    if (said === 'trusted') return `still trusts the key ${key}`;
    return said === 'unknown' ? `does not trust the key ${key} yet` : said;
  }
  return undefined;
}

/** PostgREST looks at the signature first, and says of a good one only that the token has expired. */
async function answerTo(server: string, token: string): Promise<string> {
  try {
    const headers = { Authorization: `Bearer ${token}` };
    return await within(ANSWER_MS, async (signal) => {
      const response = await fetch(server, { headers, signal });
      const { code, message } = (await response.json()) as { code?: unknown; message?: unknown };
      if (message === 'JWT expired') return 'trusted';
      if (code === 'PGRST301') return 'unknown';
      return `answers with status ${response.status}`;
    });
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string } };
    return `does not answer as PostgREST does (${cause?.code ?? name})`;
  }
}
