import { createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { tokenServiceKeys } from '../declaration/token-service/token-service.ts';
import type { Declaration } from '../declaration/types.ts';
import { keyMembers } from '../declaration/keys/key-set.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { loadSigningKey, readKeys, type EncryptionKey, type KeyPlace, type PrivateKey } from '../tokens/index.ts';
import { readEncryptionKeys } from '../tokens/keys/read-encryption-keys.ts';

/** Keys that the service signs with. */
export interface ServiceKeys {
  /** Those that are not revoked, the one that signs first. */
  readonly keys: readonly [PrivateKey, ...PrivateKey[]];
  /** Keys that sign cookies, derived from the others. */
  readonly cookieKeys: readonly string[];
  /** The key that access tokens are encrypted to; absent where they are merely signed. */
  readonly encryptionKey?: EncryptionKey;
}

/** Places of the keys. */
export interface ServiceKeyPlaces {
  readonly signing: KeyPlace;
  /** File with the public keys that tokens are encrypted to. */
  readonly encryption: string | undefined;
}

/**
 * @throws SecuredPostgrestError `unreadable_key`, `insecure_secret_file`, and `unsupported_algorithm` where the keys are
 * someone else's or HS256; `invalid_prop` where tokens are to be encrypted, and no key is named
 */
export function readServiceKeys(declaration: Declaration, { signing, encryption }: ServiceKeyPlaces): ServiceKeys {
  const inUse = loadSigningKey(tokenServiceKeys(declaration), signing) as PrivateKey;
  const pairs = readKeys(signing).filter(({ alg, kid }) => alg !== 'HS256' && kid !== inUse.kid);
  const keys = [inUse, ...pairs] as const;
  const encryptionKey = readEncryptionKey(declaration, encryption);
  return { keys: [...keys], cookieKeys: keys.map(cookieKey), ...(encryptionKey && { encryptionKey }) };
}

function readEncryptionKey({ tokens }: Declaration, file: string | undefined): EncryptionKey | undefined {
  if (!tokens.encryption) return undefined;
  if (file !== undefined) return readEncryptionKeys(file)[0];
  const problem = `tokens.encryption is "${tokens.encryption}", and nothing names a key to encrypt to`;
  return refuse('invalid_prop', 'tokenService.encryptionKeysFile', problem, 'name the file with the public keys');
}

/** The public half as Node.js has it. */
export function toKeyObject(key: EncryptionKey): KeyObject {
  return createPublicKey({ format: 'jwk', key: keyMembers(key) });
}

function cookieKey({ d }: PrivateKey): string {
  const derived = hkdfSync('sha256', String(d), '', 'secured-postgrest token-service cookies', 32);
  return Buffer.from(derived).toString('base64url');
}
