import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addCommands, commands } from '../../../cli/commands.ts';

const namesIn = (program: Command) => program.commands.map((command) => command.name());

it.each([...commands.keys()])('%s is loaded alone where it is run', async (name) => {
  const program = new Command();
  await addCommands(program, name);
  expect(namesIn(program)).toEqual([name]);
});

it.each([undefined, '--help', 'help', 'aply'])('every command is loaded for %s', async (name) => {
  const program = new Command();
  await addCommands(program, name);
  expect(namesIn(program)).toEqual([...commands.keys()]);
});
