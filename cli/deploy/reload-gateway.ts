import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { within } from '../../tokens/within.ts';
import { parseSeconds } from '../parse-seconds.ts';
import { failureInContainer, signalContainer } from './container.ts';
import { addEngineOptions, engineOf, type EngineOptions } from './engine-options.ts';

interface ReloadOptions extends EngineOptions {
  readonly container: string;
  readonly file: string;
  readonly status: string;
  readonly configuration: string;
  readonly timeout: number;
}

const PAUSE_MS = 100;
const ANSWER_MS = 2000;

export function addGatewayReload(group: Command): void {
  addEngineOptions(group.command('reload').description('have a running gateway test its configuration and take it'))
    .requiredOption('--container <name>', "the gateway's container")
    .requiredOption('--file <path>', 'the configuration, in the container')
    .requiredOption('--status <url>', "the gateway's status port")
    .requiredOption('--configuration <fingerprint>', 'wait until the gateway runs with this configuration')
    .option('--timeout <seconds>', 'the longest time to wait', parseSeconds, 60)
    .action(reloadGateway);
}

/**
 * Has nginx take a configuration that it has tested, unless it runs with it already. With one that it rejects it goes on as before.
 *
 * @throws SecuredPostgrestError `server_not_ready`, `engine_failed`
 */
async function reloadGateway(options: ReloadOptions): Promise<void> {
  const { container, file, status, configuration, timeout } = options;
  const running = () => runningConfiguration(status);
  if ((await running()) === configuration) return;
  const engine = engineOf(options);
  const failure = await failureInContainer(engine, container, ['nginx', '-t', '-q', '-e', '/dev/stderr', '-c', file]);
  if (failure !== undefined) {
    refuse('server_not_ready', container, `nginx rejects ${file} (${failure})`, 'correct the options of the gateway');
  }
  await signalContainer(engine, container, 'HUP');
  const deadline = Date.now() + timeout * 1000;
  while ((await running()) !== configuration) {
    if (Date.now() > deadline) {
      const problem = `after ${timeout} s nginx does not run with the new configuration`;
      refuse('server_not_ready', container, problem, `see why: docker logs ${container}`);
    }
    await delay(PAUSE_MS);
  }
}

/** The fingerprint that the gateway answers with; undefined where it does not answer. */
function runningConfiguration(status: string): Promise<string | undefined> {
  return within(ANSWER_MS, async (signal) => {
    const response = await fetch(`${status}/configuration`, { signal, headers: { Connection: 'close' } });
    return response.text();
  }).catch(() => undefined);
}
