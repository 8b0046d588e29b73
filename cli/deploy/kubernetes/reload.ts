import type { Command } from 'commander';
import { untilServersListen } from '../../../apply/server-listeners.ts';
import { addConnectionOptions } from '../../connection.ts';
import { addKeyPlaceOptions, type KeyPlaceOptions } from '../../key-place.ts';
import { commandConnection } from '../../named-connection.ts';
import { DATABASE_ARGUMENT } from '../../named-sources.ts';
import { parsePort } from '../../parse-port.ts';
import { parseSeconds } from '../../parse-seconds.ts';
import { useKeys } from '../reload.ts';
import { atTheSameTime } from './at-the-same-time.ts';
import { addClusterOptions } from './kubectl.ts';
import { portsOf } from './pods.ts';
import { type RenewedFiles, untilFirstKey, withRenewedFiles } from './renewed-files.ts';

interface FirstKeyOptions extends RenewedFiles {
  readonly firstKey: readonly string[];
  /** Seconds. */
  readonly timeout: number;
}

interface ReloadOptions extends FirstKeyOptions, KeyPlaceOptions {
  readonly keySet: string;
  readonly serverPort: readonly number[];
  readonly authenticator: string;
}

export function addPodReloadCommands(group: Command): void {
  const command = (name: string, description: string) =>
    addClusterOptions(group.command(name).description(description))
      .requiredOption('--selector <labels>', 'finds the pods')
      .requiredOption('--files <fingerprint>', 'changes with their files')
      .option('--first-key <port/path=kid>', 'key set of each pod that has to begin with this key', collect, [])
      .option('--timeout <seconds>', 'the longest time to wait', parseSeconds, 60);

  addKeyPlaceOptions(
    addConnectionOptions(
      command('reload', 'have the servers of all pods read their keys again').argument('[database]', DATABASE_ARGUMENT),
    ),
  )
    .requiredOption('--key-set <file>', 'wait until each pod uses this key set')
    .requiredOption('--authenticator <role>', 'login of the servers: wait until each of them acts on notifications')
    .option('--ready-only', 'only pods that are ready, of which there may be none: before a rollout, which may fail')
    .option(
      '--server-port <port>',
      'port of a server in each pod',
      (port, all: number[]) => [...all, parsePort(port)],
      [],
    )
    .action(reloadPods);

  command('renew', 'have all pods read their files again').action((options: FirstKeyOptions) =>
    withRenewedFiles(options, async (pods, ports) => {
      for (const key of options.firstKey) await untilFirstKey(pods, ports, key, options.timeout);
    }),
  );
}

const collect = (value: string, all: string[]) => [...all, value];

/** @throws SecuredPostgrestError `keys_not_used`, `transaction_pooler`, `cluster_failed` */
async function reloadPods(uri: string | undefined, options: ReloadOptions, command: Command): Promise<void> {
  const connection = commandConnection(command, { uri });
  const { serverPort, firstKey, timeout, authenticator, readyOnly } = options;
  await withRenewedFiles(options, async (pods, ports) => {
    const places = pods.flatMap((pod) => {
      // Before a rollout, a pod may not have all servers.
      const present = readyOnly ? serverPort.filter((port) => portsOf(pod).includes(port)) : serverPort;
      return present.map((port) => ({ pod: pod.metadata.name, port }));
    });
    const server = await atTheSameTime(places, ({ pod, port }) => ports.urlOf(pod, port));
    await useKeys(connection, { ...options, server });
    if (readyOnly) return;
    await untilServersListen(connection, { authenticator, servers: server.length, timeoutSeconds: timeout });
    for (const key of firstKey) await untilFirstKey(pods, ports, key, timeout);
  });
}
