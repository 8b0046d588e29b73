import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import {
  checkPublicKey,
  checkSecret,
  encryptionAlgorithm,
  keyMembers,
  thumbprint,
} from '../../declaration/keys/key-set.ts';
import type { SigningAlgorithm } from '../../declaration/types.ts';
import type { DecryptionKey, PrivateKey } from './private-key.ts';

/** Algorithm of each kind of key; RSA keys have others, which this package does not generate. */
const ALGORITHMS: Readonly<Record<string, SigningAlgorithm>> = {
  'EC P-256': 'ES256',
  'OKP Ed25519': 'EdDSA',
  RSA: 'RS256',
  oct: 'HS256',
};

/**
 * Reads a private key that was made elsewhere: PEM (PKCS #8), or a JSON Web Key, which may also be an HS256 secret.
 *
 * @param place where it comes from, for errors
 * @throws SecuredPostgrestError `unreadable_key`, `weak_key`, `weak_secret`, `unsupported_algorithm`, `invalid_key_set`
 * @example
 * const key = importKey(readFileSync('old-key.pem', 'utf8'), 'old-key.pem');
 */
export function importKey(text: string, place: string): PrivateKey {
  const members = privateMembers(text, place);
  const kind = [members.kty, members.kty === 'RSA' ? undefined : members.crv].filter(Boolean).join(' ');
  const alg = ALGORITHMS[kind];
  if (alg === undefined) {
    refuse(
      'unsupported_algorithm',
      place,
      `a key of kind ${kind} cannot sign here`,
      `use ${Object.keys(ALGORITHMS).join(', ')}`,
    );
  }
  if (alg === 'HS256') checkSecret(Buffer.from(String(members['k']), 'base64url'), place);
  else checkPublicKey({ ...keyMembers(members), alg }, place);
  return { ...members, kid: thumbprint(members), alg, use: 'sig' };
}

/**
 * Reads a private key that decrypts tokens and was made elsewhere: PEM (PKCS #8), or a JSON Web Key.
 *
 * @param place where it comes from, for errors
 * @throws SecuredPostgrestError `unreadable_key`, `weak_key`, `unsupported_algorithm`
 */
export function importDecryptionKey(text: string, place: string): DecryptionKey {
  const members = privateMembers(text, place);
  return { ...members, kid: thumbprint(members), alg: encryptionAlgorithm(members, place), use: 'enc' };
}

function privateMembers(text: string, place: string): JsonWebKey & { kty: string } {
  try {
    const given = text.trimStart().startsWith('{') ? (JSON.parse(text) as JsonWebKey) : text;
    if (typeof given === 'object' && given.kty === 'oct') return { kty: 'oct', k: String(given['k']) };
    // Node leaves out what is no member of the key, and takes no public key.
    const key = typeof given === 'string' ? createPrivateKey(given) : createPrivateKey({ format: 'jwk', key: given });
    return key.export({ format: 'jwk' }) as JsonWebKey & { kty: string };
  } catch {
    // The cause may quote the key.
    return refuse('unreadable_key', place, 'not a private key', 'give PEM (PKCS #8, not encrypted) or a JSON Web Key');
  }
}
