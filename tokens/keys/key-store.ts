import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readStoredKeys, writeKey, type StoredKey } from './key-directory.ts';
import type { KeysByUse, KeyUse } from './private-key.ts';
import { addVersion, readEarlier, readStates, type StatesVersion } from './state-files.ts';

/** Where keys of one use and their states are kept. */
export interface KeyStore<Use extends KeyUse = 'sig'> {
  /** Name for messages; no secret. */
  readonly place: string;
  /** Options by which the command line finds the same keys. */
  readonly options: readonly string[];
  /** Use of the keys: `sig` to sign tokens, `enc` to decrypt them. */
  readonly use: Use;
  /** Tests if there is anything yet. */
  exists(): boolean;
  /** The newest first. */
  readKeys(): readonly StoredKey<Use>[];
  addKey(key: KeysByUse[Use]): void;
  removeKey(kid: string): void;
  /** The latest version; undefined where no step was made yet. */
  readStates(): StatesVersion | undefined;
  /** Undefined where it is not kept any more. */
  readEarlier(number: number): StatesVersion | undefined;
  /** Adds the version, and returns false if another process has added one with that number. */
  addVersion(version: StatesVersion): boolean;
}

/** A directory of signing keys, or another store. */
export type KeyPlace<Use extends KeyUse = 'sig'> = KeyStore<Use> | (Use extends 'sig' ? string : never);

/** Use of the keys of a store. */
export interface KeyUseOption<Use extends KeyUse> {
  /** `sig` to sign tokens, `enc` to decrypt them. @default 'sig' */
  readonly use?: Use;
}

export function keyStore<Use extends KeyUse = 'sig'>(place: KeyPlace<Use>): KeyStore<Use> {
  // A path names signing keys.
  return typeof place === 'string' ? keysInDirectory<Use>(place) : place;
}

/**
 * Keys that are files of a directory.
 *
 * @example
 * const { key } = await rotateKeys(keysInDirectory('.secrets/todos/encryption-keys', { use: 'enc' }));
 */
export function keysInDirectory<Use extends KeyUse = 'sig'>(
  directory: string,
  { use = 'sig' as Use }: KeyUseOption<Use> = {},
): KeyStore<Use> {
  return {
    place: directory,
    options: ['--directory', directory, ...useOptions(use)],
    use,
    exists: () => existsSync(directory),
    readKeys: () => readStoredKeys(directory, use),
    addKey: (key) => void writeKey(directory, key),
    removeKey: (kid) => rmSync(join(directory, `${kid}.json`)),
    readStates: () => (existsSync(directory) ? readStates(directory) : undefined),
    readEarlier: (number) => readEarlier(directory, number),
    addVersion: (version) => addVersion(directory, version),
  };
}

/** Options of the commands that name the use. */
export function useOptions(use: KeyUse): readonly string[] {
  return use === 'enc' ? ['--use', 'enc'] : [];
}
