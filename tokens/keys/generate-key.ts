import { generateKeyPairSync, randomBytes, type JsonWebKey, type KeyPairKeyObjectResult } from 'node:crypto';
import { checkSigningAlgorithm, thumbprint } from '../../declaration/keys/key-set.ts';
import type { SigningAlgorithm } from '../../declaration/types.ts';
import type { PrivateKey } from './private-key.ts';

/** RSA modulus in bits with the strength of P-256 and Ed25519 (128 bits); 2048 bits, the least that is trusted, have 112. */
export const RSA_BITS = 3072;

/**
 * Makes a key to sign tokens with: a P-256 key (ES256), an Ed25519 key (EdDSA), an RSA key of 3072 bits (RS256), or a
 * random secret of 256 bits (HS256), which the verifier has to know as well.
 *
 * @param algorithm @default 'ES256'
 * @throws SecuredPostgrestError `unsupported_algorithm`
 * @example
 * const key = await generateKey();
 * const token = await signToken(key, { role: 'todo_user' });
 */
// eslint-disable-next-line @typescript-eslint/require-await -- what it refuses is a rejection
export async function generateKey(algorithm: SigningAlgorithm = 'ES256'): Promise<PrivateKey> {
  return generateKeySync(algorithm);
}

/** The same as {@link generateKey} for constructs, which are synchronous. */
export function generateKeySync(algorithm: SigningAlgorithm): PrivateKey {
  checkSigningAlgorithm(algorithm, 'algorithm');
  return { ...named(newKey(algorithm)), alg: algorithm, use: 'sig' };
}

function newKey(algorithm: SigningAlgorithm): JsonWebKey {
  switch (algorithm) {
    case 'HS256':
      return { kty: 'oct', k: randomBytes(32).toString('base64url') };
    case 'ES256':
      return asJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
    case 'EdDSA':
      return asJwk(generateKeyPairSync('ed25519'));
    case 'RS256':
      return asJwk(generateKeyPairSync('rsa', { modulusLength: RSA_BITS }));
  }
}

/** A key with its thumbprint as `kid`. */
export function named({ kty, ...members }: JsonWebKey): JsonWebKey & { kty: string; kid: string } {
  const jwk = { kty: kty as string, ...members };
  return { ...jwk, kid: thumbprint(jwk) };
}

export function asJwk({ privateKey }: KeyPairKeyObjectResult): JsonWebKey {
  return privateKey.export({ format: 'jwk' });
}
