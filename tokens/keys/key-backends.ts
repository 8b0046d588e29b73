import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { keyRing } from './key-ring.ts';
import type { KeyStore, KeyUseOption } from './key-store.ts';
import type { KeyUse } from './private-key.ts';
import { readGivenFile } from '../../files/private-files.ts';

/** A program with its arguments; no shell reads them. */
export type KeysCommand = readonly [program: string, ...args: string[]];

export interface KeysCommandOptions<Use extends KeyUse = 'sig'> extends KeyUseOption<Use> {
  /** Gets the new document on its standard input. @default none: the keys can only be read */
  readonly write?: KeysCommand;
  /** How long a command may take, in milliseconds. @default 30000 */
  readonly timeoutMs?: number;
}

/** A command as a JSON list of its words; undefined where it is none. */
export function parseKeysCommand(text: string): KeysCommand | undefined {
  let words: unknown;
  try {
    words = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isCommand = Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string');
  return isCommand ? (words as KeysCommand) : undefined;
}

/** The largest document, in bytes: some hundred keys. */
const MAX_BYTES = 1_000_000;

/**
 * Keys that a variable of the environment holds, as `keys export` prints them.
 *
 * @throws SecuredPostgrestError `unreadable_key`; `keys_read_only` when a step is made
 * @example
 * const [inUse] = readKeys(keysFromEnvironment('TODOS_KEYS'));
 */
export function keysFromEnvironment<Use extends KeyUse = 'sig'>(
  name: string,
  options: KeyUseOption<Use> = {},
): KeyStore<Use> {
  return keyRing({
    ...options,
    place: `$${name}`,
    options: ['--keys-from-env', name],
    read() {
      const document = process.env[name];
      if (!document) refuse('unreadable_key', `$${name}`, 'it is empty', "set it to what 'keys export' prints");
      return document;
    },
  });
}

/**
 * Keys that a file holds, as `keys export` prints them: one that Docker, Kubernetes or systemd mounts as a secret.
 *
 * @throws SecuredPostgrestError `unreadable_key`; `keys_read_only` when a step is made
 * @example
 * const [inUse] = readKeys(keysFromFile('/run/secrets/todos-keys'));
 */
export function keysFromFile<Use extends KeyUse = 'sig'>(path: string, options: KeyUseOption<Use> = {}): KeyStore<Use> {
  return keyRing({
    ...options,
    place: path,
    options: ['--keys-file', resolve(path)],
    read() {
      try {
        return readGivenFile(path).toString('utf8');
      } catch (cause) {
        if (cause instanceof SecuredPostgrestError) throw cause;
        return refuse(
          'unreadable_key',
          path,
          'the file cannot be read',
          "write there what 'keys export' prints",
          cause,
        );
      }
    },
  });
}

/**
 * Keys that a command prints, such as the one of a vault, of a cloud's secret manager or of sops. It is run whenever they are
 * read, and its arguments may be shown: let them hold no secret.
 *
 * @throws SecuredPostgrestError `unreadable_key`, `keys_command_failed`; `keys_read_only` when a step is made and nothing can write
 * @example
 * const keys = keysFromCommand(['sops', 'decrypt', 'keys.json'], { write: ['./encrypt-keys.sh'] });
 */
export function keysFromCommand<Use extends KeyUse = 'sig'>(
  read: KeysCommand,
  { write, timeoutMs = 30_000, ...use }: KeysCommandOptions<Use> = {},
): KeyStore<Use> {
  return keyRing({
    ...use,
    place: read.join(' '),
    options: [
      ...['--keys-command', JSON.stringify(read)],
      ...(write ? ['--keys-write-command', JSON.stringify(write)] : []),
    ],
    read: () => run(read, timeoutMs),
    ...(write && { write: (document: string) => void run(write, timeoutMs, document) }),
  });
}

function run([program, ...args]: KeysCommand, timeout: number, input = ''): string {
  const { status, signal, error, stdout } = spawnSync(program, args, {
    input,
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_BYTES,
    encoding: 'utf8',
    shell: false,
  });
  if (status === 0 && error === undefined) return stdout;
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const reason =
    code === 'ETIMEDOUT'
      ? `it did not end within ${timeout / 1000} s`
      : code === 'ENOBUFS'
        ? `it printed more than ${MAX_BYTES} bytes`
        : (code ?? (signal === null ? `it ended with status ${status}` : `it was ended by ${signal}`));
  // What it said may be a secret.
  refuse('keys_command_failed', [program, ...args].join(' '), reason, 'run it yourself to see what it says');
}
