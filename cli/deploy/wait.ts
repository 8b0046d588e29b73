import { InvalidArgumentError, type Command } from 'commander';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { containerState, lastLogLines, type ContainerState } from './container.ts';
import { addEngineOptions, engineOf, type EngineOptions } from './engine-options.ts';
import { shownLine } from './log-line.ts';
import { parseSeconds } from '../parse-seconds.ts';
import { secretTexts } from './secret-texts.ts';
import { answerOf } from './server-answer.ts';

export interface WaitOptions extends EngineOptions {
  readonly url?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly container?: string;
  readonly signingKey?: string;
  readonly hide?: readonly string[];
}

const PAUSE_MS = 200;
/** A server that ends more often than this while it is waited for will do so again. */
const MOST_RESTARTS = 3;
const LOG_LINES = 20;

export function addWaitCommand(program: Command): void {
  addEngineOptions(
    program.command('wait').description('wait until a server answers requests and its container is healthy'),
  )
    .option('--url <url>', 'address of the API', parseHttpUrl)
    .option('--timeout <seconds>', 'the longest time to wait', parseSeconds, 60)
    .option('--container <name>', "the server's container; shows the end of its log if the server does not get ready")
    .option('--signing-key <kid>', 'the url is of the key set of a token service: wait until it signs with this key')
    .option('--hide <path>', 'file or directory with secrets that are not shown; can be repeated', collect, [])
    .action(waitUntilReady);
}

function parseHttpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('write http://host:port, or https.');
}

const collect = (path: string, all: string[]) => [...all, path];

/**
 * Waits until a server answers, and its container is healthy.
 *
 * @throws SecuredPostgrestError `server_not_ready`, after the end of the container's log was printed; `engine_failed`
 */
export async function waitUntilReady(options: WaitOptions): Promise<void> {
  const { url, container, timeout } = options;
  const place = url ?? container;
  if (place === undefined) refuse('invalid_prop', 'wait', 'it is not said for what', 'give --url, --container or both');
  const engine = engineOf(options);
  const deadline = Date.now() + timeout * 1000;
  const fail = async (problem: string): Promise<never> => {
    if (container === undefined) refuse('server_not_ready', place, problem, "look at the server's log");
    await showLog(engine, container, options.hide ?? []);
    refuse('server_not_ready', place, problem, `correct what its log says, or see more: docker logs ${container}`);
  };
  let restartsBefore: number | undefined;
  for (;;) {
    const [answer, state] = await Promise.all([
      url === undefined ? 'ready' : answerOf(url, options.signingKey, deadline),
      container === undefined ? undefined : containerState(engine, container),
    ]);
    const health = state === undefined ? 'ready' : healthOf(state);
    if (answer === 'ready' && health === 'ready') return;
    const problem = answer === 'ready' ? health : `the server ${answer}`;
    if (Date.now() > deadline) await fail(`after ${timeout} s ${problem}`);
    if (typeof state === 'object') {
      restartsBefore ??= state.restarts;
      const restarts = state.restarts - restartsBefore;
      if (restarts > MOST_RESTARTS && state.status !== 'running') {
        await fail(`the server has ended ${restarts} times${exitOf(state)}`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function healthOf(state: ContainerState | string): string {
  if (typeof state === 'string') return state;
  const { status, health } = state;
  if (status !== 'running') return `the container is ${status}${exitOf(state)}`;
  if (health === undefined || health.status === 'healthy') return 'ready';
  return `the engine says that the container is ${health.status}${health.output && `: ${health.output}`}`;
}

function exitOf({ exitCode, outOfMemory }: ContainerState): string {
  return outOfMemory ? ', out of memory' : `, with exit code ${exitCode}`;
}

async function showLog(engine: readonly string[], container: string, secretPaths: readonly string[]): Promise<void> {
  const hidden = secretTexts(secretPaths);
  for (const line of await lastLogLines(engine, container, LOG_LINES)) {
    console.error(shownLine(container, line, hidden));
  }
}
