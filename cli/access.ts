import type { Command } from 'commander';
import { addLazily, type LazyCommands, type LoadCommand } from './lazy-commands.ts';

/** Subcommands of `access`, in the order of the help; each in a file of its own in `cli/access`. */
const subcommands: LazyCommands = new Map<string, LoadCommand>([
  ['map', async () => (await import('./access/map.ts')).addMapCommand],
  ['why', async () => (await import('./access/why.ts')).addWhyCommand],
  ['prove', async () => (await import('./access/prove.ts')).addProveCommand],
  ['diff', async () => (await import('./access/diff.ts')).addAccessDiffCommand],
]);

export async function addAccessCommand(program: Command, words: readonly string[]): Promise<void> {
  const access = program.command('access').description('show who can do what in a declaration or a database');
  await addLazily(access, subcommands, words);
}
