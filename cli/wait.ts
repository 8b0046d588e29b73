import type { Command } from 'commander';
import { refuse } from '../declaration/errors.ts';
import { within } from '../jwt/within.ts';

interface WaitOptions {
  readonly url: string;
  readonly timeout: number;
  readonly container?: string;
  readonly signingKey?: string;
}

const PAUSE_MS = 100;
/** For one request. */
const ANSWER_MS = 5000;
/** For the last one. */
const LEAST_MS = 500;

export function addWaitCommand(program: Command): void {
  program
    .command('wait')
    .description('wait until a server answers requests')
    .requiredOption('--url <url>', 'address of the API')
    .option('--timeout <seconds>', 'how long', Number, 60)
    .option('--container <name>', "the server's container, to say whose log to look at")
    .option('--signing-key <kid>', 'the url is of the key set of a token service: wait until it signs with this key')
    .action(async ({ url, timeout, container, signingKey }: WaitOptions) => {
      const deadline = Date.now() + timeout * 1000;
      for (;;) {
        const left = Math.min(ANSWER_MS, deadline - Date.now());
        const state = await within(Math.max(left, LEAST_MS), (signal) => stateOf(url, signingKey, signal)).catch(
          unanswered,
        );
        if (state === 'ready') return;
        if (Date.now() > deadline) {
          refuse(
            'server_not_ready',
            url,
            `after ${timeout} s the server ${state}`,
            container === undefined ? "look at the server's log" : `run: docker logs ${container}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    });
}

/** Any answer but a server error will do: who asks here has no token, and may well be refused. */
async function stateOf(url: string, signingKey: string | undefined, signal: AbortSignal): Promise<string> {
  if (signingKey !== undefined) return signingState(url, signingKey, signal);
  const { status } = await fetch(url, { method: 'HEAD', signal });
  if (status < 500) return 'ready';
  return `answers with status ${status}${reason(await (await fetch(url, { signal })).text())}`;
}

/** The key set of a token service begins with the key that signs. */
async function signingState(url: string, kid: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal });
  if (!response.ok) return `answers with status ${response.status}`;
  const { keys } = (await response.json()) as { keys?: { kid?: string }[] };
  return keys?.[0]?.kid === kid ? 'ready' : `signs with another key than ${kid}`;
}

function unanswered({ cause, message }: Error & { cause?: { code?: string } }): string {
  return `does not answer (${cause?.code ?? message})`;
}

/** What PostgREST says of an error; nothing where somebody else answers. */
function reason(body: string): string {
  try {
    const { message, details } = JSON.parse(body) as { message?: string; details?: string | null };
    const said = [message, details].filter((text) => typeof text === 'string').map((text) => text.trim());
    return said.length === 0 ? '' : `: ${said.join(' ')}`;
  } catch {
    return '';
  }
}
