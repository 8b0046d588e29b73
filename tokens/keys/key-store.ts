import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readStoredKeys, writeKey, type StoredKey } from './key-directory.ts';
import type { PrivateKey } from './private-key.ts';
import { addVersion, readEarlier, readStates, type StatesVersion } from './state-files.ts';

/** Where keys and their states are kept. */
export interface KeyStore {
  /** Name for messages; no secret. */
  readonly place: string;
  /** Options by which the command line finds the same keys. */
  readonly options: readonly string[];
  /** Tests if there is anything yet. */
  exists(): boolean;
  /** The newest first. */
  readKeys(): readonly StoredKey[];
  addKey(key: PrivateKey): void;
  removeKey(kid: string): void;
  /** The latest version; undefined where no step was made yet. */
  readStates(): StatesVersion | undefined;
  /** Undefined where it is not kept any more. */
  readEarlier(number: number): StatesVersion | undefined;
  /** Adds the version, and returns false if another process has added one with that number. */
  addVersion(version: StatesVersion): boolean;
}

/** A key directory, or another store. */
export type KeyPlace = string | KeyStore;

export function keyStore(place: KeyPlace): KeyStore {
  if (typeof place !== 'string') return place;
  return {
    place,
    options: ['--directory', place],
    exists: () => existsSync(place),
    readKeys: () => readStoredKeys(place),
    addKey: (key) => void writeKey(place, key),
    removeKey: (kid) => rmSync(join(place, `${kid}.json`)),
    readStates: () => (existsSync(place) ? readStates(place) : undefined),
    readEarlier: (number) => readEarlier(place, number),
    addVersion: (version) => addVersion(place, version),
  };
}
