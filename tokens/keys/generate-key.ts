import { exportJWK, generateKeyPair, generateSecret } from 'jose';
import { checkSigningAlgorithm, thumbprint } from '../../declaration/keys/key-set.ts';
import type { SigningAlgorithm } from '../../declaration/types.ts';
import type { PrivateKey } from './private-key.ts';

/** As strong as P-256, Ed25519 and a 256-bit secret are (128 bits); 2048 bits, the least that is trusted, are 112. */
const RSA_BITS = 3072;

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
export async function generateKey(algorithm: SigningAlgorithm = 'ES256'): Promise<PrivateKey> {
  checkSigningAlgorithm(algorithm, 'algorithm');
  const generated =
    algorithm === 'HS256'
      ? await generateSecret(algorithm, { extractable: true })
      : (await generateKeyPair(algorithm, { extractable: true, modulusLength: RSA_BITS })).privateKey;
  const { kty, ...members } = await exportJWK(generated);
  const jwk = { kty: kty as string, ...members };
  return { ...jwk, kid: thumbprint(jwk), alg: algorithm, use: 'sig' };
}
