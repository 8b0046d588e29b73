import type { Command } from 'commander';
import { checkConnectionLimit } from '../../../apply/connection-limit.ts';
import { addConnectionOptions } from '../../connection.ts';
import { commandConnection } from '../../named-connection.ts';
import { DATABASE_ARGUMENT } from '../../named-sources.ts';

interface CheckOptions {
  readonly authenticator: string;
  readonly needed: string;
}

export function addConnectionsCommand(group: Command): void {
  addConnectionOptions(
    group
      .command('connections')
      .description('say whether the database takes so many connections')
      .argument('[database]', DATABASE_ARGUMENT),
  )
    .requiredOption('--authenticator <role>', 'login of the servers')
    .requiredOption('--needed <number>', 'connections that all servers open at most')
    .action((uri: string | undefined, options: CheckOptions, command: Command) =>
      checkConnectionLimit(commandConnection(command, { uri }), {
        authenticator: options.authenticator,
        needed: Number(options.needed),
      }),
    );
}
