import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { ENCRYPTION_ALGORITHMS } from '../../declaration/keys/key-set.ts';
import type { EncryptionAlgorithm } from '../../declaration/types.ts';
import { asJwk, named, RSA_BITS } from './generate-key.ts';
import type { DecryptionKey } from './private-key.ts';

/** Curves of keys for ECDH-ES+A256KW. X25519 is quicker; more libraries have P-256. */
export const ENCRYPTION_CURVES = ['P-256', 'X25519'] as const;

export type EncryptionCurve = (typeof ENCRYPTION_CURVES)[number];

/**
 * Makes a key that decrypts tokens which issuers encrypt to its public half.
 *
 * @param algorithm @default 'ECDH-ES+A256KW'
 * @param curve of a key for ECDH-ES+A256KW. @default 'P-256'
 * @throws SecuredPostgrestError `unsupported_algorithm`
 * @example
 * addKey(keysInDirectory('.secrets/todos/encryption-keys', { use: 'enc' }), generateDecryptionKey());
 */
export function generateDecryptionKey(
  algorithm: EncryptionAlgorithm = 'ECDH-ES+A256KW',
  curve: EncryptionCurve = 'P-256',
): DecryptionKey {
  return { ...named(newKey(algorithm, curve)), alg: algorithm, use: 'enc' };
}

function newKey(algorithm: EncryptionAlgorithm, curve: EncryptionCurve): JsonWebKey {
  if (algorithm === 'RSA-OAEP-256') return asJwk(generateKeyPairSync('rsa', { modulusLength: RSA_BITS }));
  if (algorithm !== 'ECDH-ES+A256KW') {
    const fix = `use one of ${ENCRYPTION_ALGORITHMS.join(', ')}`;
    refuse('unsupported_algorithm', 'algorithm', `keys for ${JSON.stringify(algorithm)} cannot be generated`, fix);
  }
  if (curve === 'X25519') return asJwk(generateKeyPairSync('x25519'));
  return asJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
}
