import { InvalidArgumentError, Option, type Command } from 'commander';
import { refuse } from '../errors/secured-postgrest-error.ts';
import {
  keysFromCommand,
  keysFromEnvironment,
  keysFromFile,
  parseKeysCommand,
  type KeyPlace,
  type KeysCommand,
} from '../tokens/index.ts';

export interface KeyPlaceOptions {
  readonly directory?: string;
  readonly keysFile?: string;
  readonly keysFromEnv?: string;
  readonly keysCommand?: KeysCommand;
  readonly keysWriteCommand?: KeysCommand;
}

/** The options that say where keys are kept; one of the first four is needed. */
export function addKeyPlaceOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--directory <dir>', 'directory in which the keys are kept').conflicts([
        'keysFile',
        'keysFromEnv',
        'keysCommand',
      ]),
    )
    .addOption(new Option('--keys-file <file>', 'file that holds the keys').conflicts(['keysFromEnv', 'keysCommand']))
    .addOption(
      new Option('--keys-from-env <name>', 'variable of the environment that holds the keys').conflicts('keysCommand'),
    )
    .option('--keys-command <json>', 'command that prints the keys, as a JSON list of its words', parseCommand)
    .option('--keys-write-command <json>', 'command that stores the keys from its standard input', parseCommand);
}

/** Where the options say that keys are kept. */
export function toKeyPlace(options: KeyPlaceOptions): KeyPlace | undefined {
  const { directory, keysFile, keysFromEnv, keysCommand, keysWriteCommand: write } = options;
  if (keysFile !== undefined) return keysFromFile(keysFile);
  if (keysCommand) return keysFromCommand(keysCommand, write && { write });
  return keysFromEnv === undefined ? directory : keysFromEnvironment(keysFromEnv);
}

/** The same where there must be one. */
export function keyPlace(options: KeyPlaceOptions): KeyPlace {
  const fix = 'give --directory, --keys-file, --keys-from-env or --keys-command';
  return toKeyPlace(options) ?? refuse('unreadable_key', '--directory', 'nothing says where the keys are', fix);
}

function parseCommand(text: string): KeysCommand {
  const command = parseKeysCommand(text);
  if (!command) throw new InvalidArgumentError('write it like ["vault","read","keys"].');
  return command;
}
