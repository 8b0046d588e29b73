import type { Command } from 'commander';
import { leavingServers, newServers } from '../../gateway/index.ts';
import { parseSeconds } from '../parse-seconds.ts';
import { runsImage } from './container.ts';
import { addEngineOptions, engineOf, type EngineOptions } from './engine-options.ts';
import { RunningGateway, type WantedGateway } from './running-gateway.ts';

interface ReloadOptions extends EngineOptions, WantedGateway {
  readonly image: string;
}

export function addGatewayReload(group: Command): void {
  addEngineOptions(group.command('reload').description('have a running gateway test its configuration and take it'))
    .requiredOption('--container <name>', "the gateway's container; without one there is nothing to do")
    .requiredOption('--image <image>', 'the image that it has to run: with another one it is about to be replaced')
    .requiredOption('--file <path>', 'the configuration, in the container')
    .requiredOption('--temporary <path>', 'the directory of temporary files, in the container')
    .requiredOption('--status <url>', "the gateway's status port")
    .requiredOption('--configuration <fingerprint>', 'wait until the gateway runs with this configuration')
    .requiredOption('--servers <list>', 'wait until these servers answer through it, and others have finished')
    .option('--timeout <seconds>', 'the longest time to wait', parseSeconds, 60)
    .action(reloadGateway);
}

/**
 * Has nginx take a configuration that it has tested, unless it runs with it already. With one that it rejects it goes on as before.
 *
 * nginx knows the address of a new server a moment after it has taken the configuration. So the old servers stay beside the new ones
 * until each new server has answered. They may end when the nginx processes that know them have ended.
 *
 * @throws SecuredPostgrestError `server_not_ready`, `engine_failed`
 */
async function reloadGateway(options: ReloadOptions): Promise<void> {
  const { container, image, servers: wanted } = options;
  const engine = engineOf(options);
  if (!(await runsImage(engine, container, image))) return;
  const gateway = new RunningGateway(engine, options);
  const servers = (await gateway.servers()) ?? wanted;
  const leaving = leavingServers(servers, wanted);
  if (leaving.size > 0) await gateway.keepServers(leaving);
  await gateway.takeConfiguration();
  for (const [upstream, address] of newServers(wanted, servers)) await gateway.untilAnsweredBy(upstream, address);
  await gateway.dropServers();
}
