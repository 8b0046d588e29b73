import { Command } from 'commander';
import { expect, it } from 'vitest';
import { commands } from '../../../cli/commands.ts';
import { addLazily } from '../../../cli/lazy-commands.ts';

const namesIn = (program: Command) => program.commands.map((command) => command.name());

it.each([...commands.keys()])('%s is loaded alone where it is run', async (name) => {
  const program = new Command();
  await addLazily(program, commands, [name]);
  expect(namesIn(program)).toEqual([name]);
});

it.each([[], ['--help'], ['help'], ['aply']])('every command is loaded for %s', async (...words) => {
  const program = new Command();
  await addLazily(program, commands, words);
  expect(namesIn(program)).toEqual([...commands.keys()]);
});

it('a subcommand is loaded alone where it is run', async () => {
  const program = new Command();
  await addLazily(program, commands, ['access', 'map']);
  expect(namesIn(program.commands[0]!)).toEqual(['map']);
});
