import { keyMembers } from '../../declaration/keys/key-set.ts';
import type { JsonWebKeySet } from '../../declaration/types.ts';
import type { EncryptionKey, SigningKey } from './private-key.ts';

/**
 * The key set that a verifier gets, or an issuer that encrypts: the public half of each key. An HS256 key has none, so the secret itself is in
 * the set, which is then a secret too.
 *
 * @example
 * const { keys } = publicKeySet([await generateKey('EdDSA')]);
 * console.log(keys[0]?.d); // undefined
 */
export function publicKeySet(keys: readonly (SigningKey | EncryptionKey)[]): JsonWebKeySet {
  return {
    keys: keys.map((key) => {
      const { kid, alg, use } = key;
      return { ...keyMembers(key), ...(kid !== undefined && { kid }), alg, use };
    }),
  };
}
