import { hkdfSync } from 'node:crypto';
import { tokenServiceKeys } from '../declaration/token-service/token-service.ts';
import type { Declaration } from '../declaration/types.ts';
import { loadSigningKey, readKeys, type KeyPlace, type PrivateKey } from '../tokens/index.ts';

/** Keys that the service signs with. */
export interface ServiceKeys {
  /** Those that are not revoked, the one that signs first. */
  readonly keys: readonly [PrivateKey, ...PrivateKey[]];
  /** Keys that sign cookies, derived from the others. */
  readonly cookieKeys: readonly string[];
}

/**
 * @throws SecuredPostgrestError `unreadable_key`, `insecure_secret_file`, and `unsupported_algorithm` where the keys are
 * someone else's or HS256
 */
export function readServiceKeys(declaration: Declaration, place: KeyPlace): ServiceKeys {
  const inUse = loadSigningKey(tokenServiceKeys(declaration), place) as PrivateKey;
  const pairs = readKeys(place).filter(({ alg, kid }) => alg !== 'HS256' && kid !== inUse.kid);
  const keys = [inUse, ...pairs] as const;
  return { keys: [...keys], cookieKeys: keys.map(cookieKey) };
}

function cookieKey({ d }: PrivateKey): string {
  const derived = hkdfSync('sha256', String(d), '', 'secured-postgrest token-service cookies', 32);
  return Buffer.from(derived).toString('base64url');
}
