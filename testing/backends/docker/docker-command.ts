import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { refuse } from '../../../errors/secured-postgrest-error.ts';

/** Pulling an image prints a lot. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/**
 * Runs the `docker` command line, which finds its engine as it always does (`DOCKER_HOST`, `DOCKER_CONTEXT`, the current
 * context), and returns what it prints.
 *
 * @param input what the command reads
 * @throws SecuredPostgrestError `engine_failed`, with docker's own words
 */
export async function docker(args: readonly string[], input?: Buffer): Promise<string> {
  try {
    const run = promisify(execFile)('docker', args, { maxBuffer: MAX_OUTPUT });
    // A command that fails early reads nothing, and says why.
    run.child.stdin?.on('error', () => {});
    run.child.stdin?.end(input);
    return (await run).stdout.trim();
  } catch (error) {
    const { code, message, stderr } = error as Error & { code?: string | number; stderr?: string };
    if (code === 'ENOENT') {
      refuse('engine_failed', 'docker', 'no such program is on the PATH', 'install Docker, or leave it out', error);
    }
    const words = (stderr?.trim() || message).replace(/\s+/g, ' ');
    refuse('engine_failed', 'docker', `${args[0]} failed: ${words}`, adviceOn(words), error);
  }
}

function adviceOn(words: string): string {
  if (words.startsWith('Unable to find image')) return 'name an image that the engine has or can pull';
  if (/docker daemon|error during connect/i.test(words)) return 'start the engine, or name another one in DOCKER_HOST';
  return 'correct what it says';
}
