import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuse } from '../declaration/errors.ts';
import { checkPublicKeys, type UsableKeys } from '../declaration/key-set.ts';
import type { JsonWebKeySet, Provider } from '../declaration/types.ts';
import { replaceFile } from './whole-files.ts';

/** Beside the files of generated keys, which are named by their thumbprints. */
const FILE = 'provider.json';

/** What was fetched, when, and from whom. */
interface StoredKeys {
  readonly issuer: string;
  /** ISO 8601, UTC. */
  readonly fetched: string;
  readonly jwks: JsonWebKeySet;
}

/**
 * Keeps a provider's fetched keys in the key directory, where the next deploy finds them. The file is there whole or not at all.
 *
 * @returns the path of the file
 * @example
 * const issuer = 'https://id.example.org';
 * storeProviderKeys('.secrets/portal/keys', issuer, await fetchProviderKeys({ issuer }));
 */
export function storeProviderKeys(directory: string, issuer: string, { keys }: JsonWebKeySet): string {
  const file = join(directory, FILE);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stored: StoredKeys = { issuer, fetched: new Date().toISOString(), jwks: { keys } };
  replaceFile(file, `${JSON.stringify(stored, undefined, 2)}\n`);
  return file;
}

/** When the keys of an issuer were fetched: ISO 8601; undefined where none of it are kept. */
export function providerKeysFetched(directory: string, issuer: string): string | undefined {
  const stored = readStored(join(directory, FILE));
  return stored?.issuer === issuer ? stored.fetched : undefined;
}

/**
 * The keys of a provider: those declared, or else those that were fetched last.
 *
 * @throws SecuredPostgrestError `unreadable_key` where none were fetched, and what key sets are refused for
 */
export function readProviderKeys({ issuer, jwks }: Provider, directory: string): UsableKeys {
  if (jwks !== undefined) return checkPublicKeys(jwks, 'keys.provider.jwks');
  const file = join(directory, FILE);
  const stored = readStored(file);
  if (stored?.issuer !== issuer) {
    refuse(
      'unreadable_key',
      file,
      `there are no keys of "${issuer}"`,
      `fetch them with 'secured-postgrest keys fetch --directory ${directory} --issuer ${issuer}'`,
    );
  }
  return checkPublicKeys(stored.jwks, file);
}

function readStored(file: string): StoredKeys | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StoredKeys;
  } catch {
    return undefined;
  }
}
