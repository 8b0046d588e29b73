import type { Command } from 'commander';
import { refuse } from '../declaration/errors.ts';

const PAUSE_MS = 100;

export function addWaitCommand(program: Command): void {
  program
    .command('wait')
    .description('wait until a server answers requests')
    .requiredOption('--url <url>', 'address of the API')
    .option('--timeout <seconds>', 'how long', Number, 60)
    .action(async ({ url, timeout }: { url: string; timeout: number }) => {
      const deadline = Date.now() + timeout * 1000;
      for (;;) {
        const state = await stateOf(url);
        if (state === 'ready') return;
        if (Date.now() > deadline) {
          refuse(
            'server_not_ready',
            url,
            `after ${timeout} s the server ${state}`,
            "look at the server container's log",
          );
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    });
}

/** Any answer but a server error will do: who asks here has no token, and may well be refused. */
async function stateOf(url: string): Promise<string> {
  try {
    const { status } = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5000) });
    return status < 500 ? 'ready' : `answers with status ${status}`;
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    return `does not answer (${cause?.code ?? message})`;
  }
}
