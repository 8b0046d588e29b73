import { join } from 'node:path';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { checkPublicKeys, type UsableKeys } from '../../declaration/keys/key-set.ts';
import type { JsonWebKeySet, Provider } from '../../declaration/types.ts';
import type { ProviderLocation } from './fetch-provider-keys.ts';
import { keysCommand } from './keys-command.ts';
import { makePrivateDirectory, readTrustedFile } from '../../files/private-files.ts';
import { replaceFile } from '../../files/whole-files.ts';

/** Beside the files of generated keys, which are named by their thumbprints. */
const FILE = 'provider.json';

/** Fetched keys, with the time and the address. */
interface StoredKeys extends ProviderLocation {
  /** ISO 8601, UTC. */
  readonly fetched: string;
  readonly jwks: JsonWebKeySet;
}

/**
 * Keeps a provider's fetched keys in the key directory, where the next deploy finds them. The file is there whole or not at all.
 *
 * @returns the path of the file
 * @example
 * const location = { issuer: 'https://id.example.org' };
 * storeProviderKeys('.secrets/portal/keys', location, await fetchProviderKeys(location));
 */
export function storeProviderKeys(
  directory: string,
  { issuer, jwksUri }: ProviderLocation,
  { keys }: JsonWebKeySet,
): string {
  const file = join(directory, FILE);
  makePrivateDirectory(directory);
  const stored: StoredKeys = {
    issuer,
    ...(jwksUri !== undefined && { jwksUri }),
    fetched: new Date().toISOString(),
    jwks: { keys },
  };
  replaceFile(file, `${JSON.stringify(stored, undefined, 2)}\n`);
  return file;
}

/**
 * When the keys were fetched that are kept from there: ISO 8601; undefined where none are.
 *
 * @param maximumAgeSeconds how old they may be: the provider may have withdrawn one meanwhile. @default any age
 * @throws SecuredPostgrestError `kept_keys_too_old`
 */
export function providerKeysFetched(
  directory: string,
  location: ProviderLocation,
  maximumAgeSeconds = Infinity,
): string | undefined {
  const file = join(directory, FILE);
  const fetched = readStored(file, location)?.fetched;
  if (fetched === undefined || maximumAgeSeconds === Infinity) return fetched;
  // Also where either is no number, or the clock was far ahead.
  if (!(Math.abs(Date.now() - Date.parse(fetched)) <= maximumAgeSeconds * 1000)) {
    const problem = `the keys that were fetched at ${fetched} are older than ${maximumAgeSeconds} s`;
    refuse('kept_keys_too_old', file, problem, 'try again, declare jwks, or raise keysMaximumAgeSeconds');
  }
  return fetched;
}

/**
 * The keys of a provider: those declared, or else those that were fetched last.
 *
 * @throws SecuredPostgrestError `unreadable_key` where none were fetched, and what key sets are refused for
 */
export function readProviderKeys({ jwks, ...location }: Provider, directory: string): UsableKeys {
  if (jwks !== undefined) return checkPublicKeys(jwks, 'keys.provider.jwks');
  const file = join(directory, FILE);
  const stored = readStored(file, location);
  if (!stored) {
    const { issuer, jwksUri } = location;
    const options = [
      '--directory',
      directory,
      '--issuer',
      issuer,
      ...(jwksUri === undefined ? [] : ['--jwks-uri', jwksUri]),
    ];
    refuse(
      'unreadable_key',
      file,
      `there are no keys of "${issuer}"${jwksUri === undefined ? '' : ` from ${jwksUri}`}`,
      `fetch them with: ${keysCommand('fetch', options)}`,
    );
  }
  return checkPublicKeys(stored.jwks, file);
}

/** Reads the stored keys; undefined if they come from another address. */
function readStored(file: string, { issuer, jwksUri }: ProviderLocation): StoredKeys | undefined {
  const text = readTrustedFile(file);
  try {
    const stored = JSON.parse(text ?? '') as StoredKeys;
    return stored.issuer === issuer && stored.jwksUri === jwksUri ? stored : undefined;
  } catch {
    return undefined;
  }
}
