#!/usr/bin/env node
import { Command, Help, type Option } from 'commander';
import { commands } from './commands.ts';
import { errorLine, usageLine } from './error-line.ts';
import { addLazily } from './lazy-commands.ts';
import { ownPackage } from './own-package.ts';

const program = new Command('secured-postgrest')
  .description('Declare, deploy and run a secured PostgREST API')
  .version(ownPackage.version)
  .configureHelp({ optionDescription })
  .configureOutput({ outputError: (text, write) => write(`${usageLine(text)}\n`) });

function optionDescription(this: Help, option: Option): string {
  const text = Help.prototype.optionDescription.call(this, option);
  return option.mandatory ? `${text} (required)` : text;
}

await addLazily(program, commands, process.argv.slice(2));

// Node.js would end with status 13, and without a word, where a command waits for what nothing can bring about any more.
const neverSettles = () => {
  console.error(errorLine('the command waits for something that can no longer happen [never_settles]'));
  process.exitCode = 1;
};

/** Status of a program that SIGPIPE ends (128 + 13); Node.js ignores the signal, and would print a stack trace. */
const BROKEN_PIPE = 141;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(BROKEN_PIPE);
  });
}

process.once('beforeExit', neverSettles);
try {
  await program.parseAsync();
} catch (error) {
  console.error(errorLine(error));
  process.exitCode = 1;
} finally {
  process.off('beforeExit', neverSettles);
}
