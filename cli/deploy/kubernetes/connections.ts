import type { Command } from 'commander';
import { checkConnectionLimit } from '../../../apply/connection-limit.ts';
import { addConnectionOptions, toConnection, type ConnectionOptions } from '../../connection.ts';

interface CheckOptions extends ConnectionOptions {
  readonly authenticator: string;
  readonly needed: string;
}

export function addConnectionsCommand(group: Command): void {
  addConnectionOptions(group.command('connections').description('say whether the database takes so many connections'))
    .requiredOption('--authenticator <role>', 'login of the servers')
    .requiredOption('--needed <number>', 'connections that all servers open at most')
    .action((options: CheckOptions) =>
      checkConnectionLimit(toConnection(options), {
        authenticator: options.authenticator,
        needed: Number(options.needed),
      }),
    );
}
