import type { Command } from 'commander';

/** Adds a command to a program or to another command. @param rest words of the command line after its name */
type AddCommand = (parent: Command, rest: readonly string[]) => void | Promise<void>;

export type LoadCommand = () => Promise<AddCommand>;

/** Loaders of commands by name, in the order of the help. */
export type LazyCommands = ReadonlyMap<string, LoadCommand>;

/** Adds the command that the first word names, or all of them where it names none: for the help, and for a typing error. */
export async function addLazily(parent: Command, commands: LazyCommands, words: readonly string[]): Promise<void> {
  const [name = '', ...rest] = words;
  const named = commands.get(name);
  for (const load of named ? [named] : commands.values()) await (await load())(parent, rest);
}
