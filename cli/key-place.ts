import { existsSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Declaration } from '../declaration/types.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import {
  keysFromCommand,
  keysFromEnvironment,
  keysFromFile,
  keysInDirectory,
  parseKeysCommand,
  type KeyPlace,
  type KeysCommand,
  type KeyStore,
  type KeyUse,
} from '../tokens/index.ts';

export interface KeyPlaceOptions {
  readonly directory?: string | undefined;
  readonly keysFile?: string | undefined;
  readonly keysFromEnv?: string | undefined;
  readonly keysCommand?: KeysCommand | undefined;
  readonly keysWriteCommand?: KeysCommand | undefined;
}

export interface EncryptionKeyOptions {
  readonly encryptionDirectory?: string;
  readonly encryptionKeysFile?: string;
  readonly encryptionKeysFromEnv?: string;
  readonly encryptionKeysCommand?: KeysCommand;
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

/** The options that say where encryption keys are kept, for commands that read signing keys as well. */
export function addEncryptionKeyOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--encryption-directory <dir>', 'directory in which the encryption keys are kept').conflicts([
        'encryptionKeysFile',
        'encryptionKeysFromEnv',
        'encryptionKeysCommand',
      ]),
    )
    .addOption(
      new Option('--encryption-keys-file <file>', 'file that holds the encryption keys').conflicts([
        'encryptionKeysFromEnv',
        'encryptionKeysCommand',
      ]),
    )
    .addOption(
      new Option('--encryption-keys-from-env <name>', 'variable that holds the encryption keys').conflicts(
        'encryptionKeysCommand',
      ),
    )
    .option('--encryption-keys-command <json>', 'command that prints the encryption keys', parseCommand);
}

/** Where the options say that keys of a use are kept. */
export function toKeyStore<Use extends KeyUse>(options: KeyPlaceOptions, use: Use): KeyStore<Use> | undefined {
  const { directory, keysFile, keysFromEnv, keysCommand, keysWriteCommand: write } = options;
  if (keysFile !== undefined) return keysFromFile(keysFile, { use });
  if (keysCommand) return keysFromCommand(keysCommand, { use, ...(write && { write }) });
  if (keysFromEnv !== undefined) return keysFromEnvironment(keysFromEnv, { use });
  return directory === undefined ? undefined : keysInDirectory(directory, { use });
}

/** The same for signing keys. A directory stays one: the fetched keys of a provider are there, too. */
export function toKeyPlace(options: KeyPlaceOptions): KeyPlace | undefined {
  return options.directory ?? toKeyStore(options, 'sig');
}

/** Where encryption keys are: as the options say, or else where a deploy of the declaration keeps them. */
export function toEncryptionKeys(
  options: EncryptionKeyOptions,
  declaration?: Declaration,
): KeyStore<'enc'> | undefined {
  const {
    encryptionDirectory: directory,
    encryptionKeysFile: keysFile,
    encryptionKeysFromEnv: keysFromEnv,
    encryptionKeysCommand: keysCommand,
  } = options;
  const given = toKeyStore({ directory, keysFile, keysFromEnv, keysCommand }, 'enc');
  if (given || !declaration?.tokens.encryption) return given;
  const usual = `.secrets/${declaration.name}/encryption-keys`;
  return existsSync(usual) ? keysInDirectory(usual, { use: 'enc' }) : undefined;
}

/**
 * Signing keys, where the command needs them.
 *
 * @param usual a directory without keys, where a deploy would keep them
 */
export function keyPlace(options: KeyPlaceOptions, usual?: string): KeyPlace {
  return toKeyPlace(options) ?? nowhere(usual);
}

/** Keys of a use, where the command needs them. */
export function neededKeys<Use extends KeyUse>(options: KeyPlaceOptions, use: Use): KeyStore<Use> {
  return toKeyStore(options, use) ?? nowhere();
}

/** Directory in which a deploy of a declaration keeps its signing keys. */
export function usualKeys({ name }: Declaration): string {
  return `.secrets/${name}/keys`;
}

function nowhere(usual?: string): never {
  const fix = 'give --directory, --keys-file, --keys-from-env or --keys-command';
  const problem =
    usual === undefined ? 'nothing says where the keys are' : `there is no ${usual}, where a deploy keeps them`;
  refuse('unreadable_key', '--directory', problem, fix);
}

function parseCommand(text: string): KeysCommand {
  const command = parseKeysCommand(text);
  if (!command) throw new InvalidArgumentError('write it like ["vault","read","keys"].');
  return command;
}
