import type { Command } from 'commander';
import { refuse } from '../declaration/errors.ts';

interface WaitOptions {
  readonly url: string;
  readonly timeout: number;
  readonly container?: string;
  readonly signingKey?: string;
}

const PAUSE_MS = 100;

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
        const state = await stateOf(url, signingKey);
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
async function stateOf(url: string, signingKey: string | undefined): Promise<string> {
  try {
    if (signingKey !== undefined) return await signingState(url, signingKey);
    const { status } = await request(url, 'HEAD');
    if (status < 500) return 'ready';
    return `answers with status ${status}${reason(await (await request(url, 'GET')).text())}`;
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    return `does not answer (${cause?.code ?? message})`;
  }
}

/** The key set of a token service begins with the key that signs. */
async function signingState(url: string, kid: string): Promise<string> {
  const response = await request(url, 'GET');
  if (!response.ok) return `answers with status ${response.status}`;
  const { keys } = (await response.json()) as { keys?: { kid?: string }[] };
  return keys?.[0]?.kid === kid ? 'ready' : `signs with another key than ${kid}`;
}

function request(url: string, method: string): Promise<Response> {
  return fetch(url, { method, signal: AbortSignal.timeout(5000) });
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
