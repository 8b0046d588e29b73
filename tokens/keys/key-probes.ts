import { randomUUID } from 'node:crypto';
import type { JsonWebKeySet } from '../../declaration/types.ts';
import type { PrivateKey, SigningKey } from './private-key.ts';
import { signToken } from '../sign-token.ts';

/** A token that is good for nothing, and tells by the answer to it whether a server trusts its key. */
export interface KeyProbe {
  /** Id of the key that signed it; no secret. */
  readonly key: string;
  readonly token: string;
  /** True if the key is in the set. */
  readonly trusted: boolean;
}

/**
 * A token of each key that is at hand, for servers that were given a key set. The tokens expired an hour before they were
 * signed: a server that trusts the key says that, another one that the signature is wrong. The probe gives no access.
 *
 * @param set what the servers were given; of an HS256 key it holds the secret
 * @param keys private keys; those that are not in the set must not be trusted
 * @returns none if the set belongs to a provider
 */
export function keyProbes(set: JsonWebKeySet, keys: readonly PrivateKey[]): Promise<KeyProbe[]> {
  const inSet = new Set(set.keys.map(({ kid }) => kid));
  const secrets = set.keys.filter(({ kty }) => kty === 'oct') as unknown as SigningKey[];
  const pairs = keys.filter(({ kid, alg }) => alg !== 'HS256' || !inSet.has(kid));
  return Promise.all(
    [...secrets, ...pairs].map(async (key) => ({
      key: key.kid ?? 'the secret',
      token: await signToken(key, {
        role: 'nobody',
        now: new Date(Date.now() - 7_200_000),
        expiresIn: 3600,
        // No two are alike, so that no answer comes out of a cache.
        tokenId: randomUUID(),
      }),
      trusted: inSet.has(key.kid),
    })),
  );
}
