import type { Command } from 'commander';
import { reloadServers } from '../apply/reload.ts';
import { addConnectionOptions, toConnection, type ConnectionOptions } from './connection.ts';

export function addReloadCommand(program: Command): void {
  addConnectionOptions(
    program.command('reload').description('tell running servers to read their configuration and keys again'),
  ).action((connection: ConnectionOptions) => reloadServers(toConnection(connection)));
}
