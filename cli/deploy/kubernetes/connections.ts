import type { Command } from 'commander';
import { checkConnectionLimit } from '../../../apply/connection-limit.ts';
import { addConnectionOptions } from '../../connection.ts';
import { commandConnection } from '../../named-connection.ts';

interface CheckOptions {
  readonly authenticator: string;
  readonly needed: string;
}

export function addConnectionsCommand(group: Command): void {
  addConnectionOptions(group.command('connections').description('say whether the database takes so many connections'))
    .requiredOption('--authenticator <role>', 'login of the servers')
    .requiredOption('--needed <number>', 'connections that all servers open at most')
    .action((options: CheckOptions, command: Command) =>
      checkConnectionLimit(commandConnection(command), {
        authenticator: options.authenticator,
        needed: Number(options.needed),
      }),
    );
}
