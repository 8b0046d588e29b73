import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { ENCRYPTION_ALGORITHMS, SIGNING_ALGORITHMS, thumbprint } from '../../declaration/keys/key-set.ts';
import { checkPrivateDirectory, readPrivateFile } from '../../files/private-files.ts';
import { keysCommand } from './keys-command.ts';
import type { KeysByUse, KeyUse } from './private-key.ts';
import { replaceFile } from '../../files/whole-files.ts';

/** Key files are named by thumbprints (43 characters of base64url); other files in the directory are none of ours. */
const KEY_FILE = /^[A-Za-z0-9_-]{43}\.json$/;

const ALGORITHMS: Readonly<Record<KeyUse, readonly string[]>> = { sig: SIGNING_ALGORITHMS, enc: ENCRYPTION_ALGORITHMS };

/** A key in a directory. */
export interface StoredKey<Use extends KeyUse = 'sig'> {
  /** When it was written: ISO 8601, UTC. */
  readonly created: string;
  /** Path of its file. */
  readonly file: string;
  readonly key: KeysByUse[Use];
}

/**
 * Writes a key to `<directory>/<kid>.json`, readable by this user only; the directory is made (mode 0700) where it is
 * missing. The file is there whole or not at all.
 *
 * @param created when the key was made. @default the current time
 * @returns the path of the file
 * @throws SecuredPostgrestError `key_exists`, `insecure_secret_file`, `unreadable_key`
 * @example
 * writeKey('.secrets/keys', await generateKey());
 */
export function writeKey(directory: string, key: KeysByUse[KeyUse], created: Date = new Date()): string {
  const file = join(directory, `${key.kid}.json`);
  if (!isStoredKey({ created: created.toISOString(), key }, key.use, key.kid)) {
    refuse('unreadable_key', file, 'not a key with its thumbprint as kid', 'write what generateKey returns');
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  checkPrivateDirectory(directory);
  if (existsSync(file)) refuse('key_exists', file, 'the key is there already', 'remove the file to write it again');
  replaceFile(file, `${JSON.stringify({ created: created.toISOString(), key }, undefined, 2)}\n`);
  return file;
}

/**
 * Reads the keys of a directory with their files, the newest first (those of one moment by `kid`). Synchronous, as
 * constructs are.
 *
 * @param use what the keys are for. @default 'sig'
 * @throws SecuredPostgrestError `unreadable_key` when the directory or a key in it cannot be read;
 * `insecure_secret_file` when others may read a key or replace it
 */
export function readStoredKeys<Use extends KeyUse = 'sig'>(
  directory: string,
  use: Use = 'sig' as Use,
): StoredKey<Use>[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT') {
      const fix = 'name a directory that you own';
      refuse('unreadable_key', directory, `the key directory cannot be read (${code})`, fix, cause);
    }
    return refuse(
      'unreadable_key',
      directory,
      'there is no such key directory',
      `make a key with: ${keysCommand('generate', ['--directory', directory, ...(use === 'enc' ? ['--use', 'enc'] : [])])}`,
      cause,
    );
  }
  checkPrivateDirectory(directory);
  return newestFirst(
    names
      .filter((name) => KEY_FILE.test(name))
      .map((name) => readStoredKey(join(directory, name), name.slice(0, -'.json'.length), use)),
  );
}

/** Those of one moment by `kid`. */
export function newestFirst<Use extends KeyUse>(keys: readonly StoredKey<Use>[]): StoredKey<Use>[] {
  return [...keys].sort((a, b) => compare(b.created, a.created) || compare(a.key.kid, b.key.kid));
}

function readStoredKey<Use extends KeyUse>(file: string, kid: string, use: Use): StoredKey<Use> {
  let content: unknown;
  try {
    content = JSON.parse(readPrivateFile(file) ?? '');
  } catch (error) {
    // A JSON error quotes the text, and with it the key.
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (isStoredKey(content, use === 'sig' ? 'enc' : 'sig', kid)) {
    const fix = `keep both in directories of their own; the commands name encryption keys with --use enc`;
    refuse('unreadable_key', file, `a key for ${PURPOSES[content.key.use]}, not for ${PURPOSES[use]}`, fix);
  }
  if (!isStoredKey(content, use, kid)) {
    refuse('unreadable_key', file, 'not a key of that kid', 'restore the file, or remove it and generate a new key');
  }
  return { created: content.created, file, key: content.key };
}

const PURPOSES: Readonly<Record<KeyUse, string>> = { sig: 'signatures', enc: 'encryption' };

/** Tests if it is a key of a use with its thumbprint as `kid`, and that one where it is given. */
export function isStoredKey<Use extends KeyUse>(
  content: unknown,
  use: Use,
  kid = (content as { key?: Partial<KeysByUse[Use]> } | null)?.key?.kid,
): content is { created: string; key: KeysByUse[Use] } {
  if (typeof content !== 'object' || content === null) return false;
  const { created, key } = content as { created?: unknown; key?: Partial<KeysByUse[KeyUse]> };
  return (
    typeof created === 'string' &&
    !Number.isNaN(Date.parse(created)) &&
    typeof key === 'object' &&
    key !== null &&
    ALGORITHMS[use].some((algorithm) => algorithm === key.alg) &&
    key.use === use &&
    key.kid !== undefined &&
    key.kid === kid &&
    thumbprint(key) === kid
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
