import type { Command } from 'commander';

export function addMapCommand(access: Command): void {
  access.command('map').description('draw who can do what, with each rule in words');
}
