import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { reloadServers } from '../../apply/reload.ts';
import { untilServersListen } from '../../apply/server-listeners.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import type { JsonWebKeySet } from '../../declaration/types.ts';
import { keyProbes, readManagedKeys } from '../../tokens/index.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import { addConnectionOptions } from '../connection.ts';
import { addKeyPlaceOptions, toKeyPlace, type KeyPlaceOptions } from '../key-place.ts';
import { commandConnection } from '../named-connection.ts';
import { DATABASE_ARGUMENT } from '../named-sources.ts';
import { parseSeconds } from '../parse-seconds.ts';
import { untilKeysUsed } from './until-keys-used.ts';

interface UseKeysOptions extends KeyPlaceOptions {
  /** The file with the keys. */
  readonly keySet: string;
  /** Addresses of the servers. */
  readonly server: readonly string[];
  /** Seconds. */
  readonly timeout: number;
}

interface ReloadOptions extends Omit<UseKeysOptions, 'keySet'> {
  readonly keySet?: string;
  readonly authenticator?: string;
}

export function addReloadCommand(program: Command): void {
  const command = program
    .command('reload')
    .description('have running servers read their configuration and keys again')
    .argument('[database]', DATABASE_ARGUMENT);
  addKeyPlaceOptions(addConnectionOptions(command))
    .option('--key-set <file>', 'wait until the servers use this key set')
    .option('--server <url>', 'address of a server; can be repeated', (url, all: string[]) => [...all, url], [])
    .option('--timeout <seconds>', 'the longest time to wait', parseSeconds, 60)
    .option('--authenticator <role>', 'login of the servers: wait until each of them acts on notifications')
    .action(async (uri: string | undefined, options: ReloadOptions) => {
      const connection = commandConnection(command, { uri });
      const { keySet, authenticator, server, timeout: timeoutSeconds } = options;
      await (keySet === undefined ? reloadServers(connection) : useKeys(connection, { ...options, keySet }));
      if (authenticator === undefined) return;
      await untilServersListen(connection, { authenticator, servers: server.length, timeoutSeconds });
    });
}

/**
 * Has running servers read their keys again, until each of them is shown to use them.
 *
 * @throws SecuredPostgrestError `keys_not_used`, `unreadable_secret`
 */
export async function useKeys(
  connection: DatabaseConnection,
  { keySet, server: servers, timeout, ...options }: UseKeysOptions,
): Promise<void> {
  const reload = () => reloadServers(connection);
  const place = toKeyPlace(options);
  const keys = place === undefined ? [] : readManagedKeys(place).map(({ key }) => key);
  const probes = await keyProbes(readKeySet(keySet), keys);
  if (!probes.some(({ trusted }) => trusted)) {
    console.error(
      'another issuer has the private keys: this command cannot sign a token to check that the servers use them',
    );
    if (probes.length === 0) return reload();
  }
  await untilKeysUsed({ servers, probes, timeout, reload });
}

function readKeySet(file: string): JsonWebKeySet {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JsonWebKeySet;
  } catch {
    // The cause may show a part of a secret.
    return refuse('unreadable_secret', file, 'it holds no key set', 'deploy again, which writes it');
  }
}
