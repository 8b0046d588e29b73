import { encryptionAlgorithm } from '../../declaration/keys/key-set.ts';
import { isObject } from '../../declaration/is-object.ts';
import { readGivenFile } from '../../files/private-files.ts';
import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { keysCommand } from './keys-command.ts';
import type { EncryptionKey } from './private-key.ts';

/**
 * Reads the public keys that tokens are encrypted to from a file with a JSON Web Key Set, as `keys jwks --use enc` prints it. The
 * first one is in use.
 *
 * @throws SecuredPostgrestError `unreadable_key`, `insecure_secret_file`, `weak_key`, `unsupported_algorithm`, `invalid_key_set`
 */
export function readEncryptionKeys(file: string): [EncryptionKey, ...EncryptionKey[]] {
  const keys = parse(file).map((key, index) => toEncryptionKey(key, `${file}, keys[${index}]`));
  const [first, ...others] = keys;
  if (first) return [first, ...others];
  return refuse('unreadable_key', file, 'it holds no key set with a key', FIX);
}

const FIX = `write there what ${keysCommand('jwks', ['--use', 'enc', '--directory', 'encryption-keys'])} prints`;

function parse(file: string): unknown[] {
  try {
    const set: unknown = JSON.parse(readGivenFile(file).toString('utf8'));
    if (isObject(set) && Array.isArray(set.keys)) return set.keys as unknown[];
  } catch (error) {
    if (error instanceof SecuredPostgrestError) throw error;
    // A JSON error quotes the text, which may be a secret in the wrong place.
  }
  return [];
}

function toEncryptionKey(key: unknown, place: string): EncryptionKey {
  if (!isObject(key) || (key.use !== undefined && key.use !== 'enc') || key.d !== undefined) {
    refuse('unreadable_key', place, 'it is no public key for encryption', FIX);
  }
  const alg = encryptionAlgorithm(key, place);
  if (key.alg !== undefined && key.alg !== alg) {
    refuse('unsupported_algorithm', place, `alg ${JSON.stringify(key.alg)} is not ${alg}`, FIX);
  }
  return { ...(key as { kty: string; kid?: string }), alg, use: 'enc' };
}
