import { ownKeys } from '../declaration/keys/provider.ts';
import type { JsonWebKeySet, KeySource } from '../declaration/types.ts';
import {
  generateDecryptionKey,
  generateKey,
  loadVerificationKeys,
  publicKeySet,
  type DecryptionKey,
  type SigningKey,
} from '../tokens/index.ts';

/** Keys that sign and encrypt an environment's tokens, and the key set with which its server verifies them. */
export interface Trust {
  readonly key: SigningKey;
  readonly keySet: JsonWebKeySet;
  readonly decryptionKey: DecryptionKey;
}

/** Tests if keys are only known where the API is deployed: those of a provider that are fetched, or generated ones beside them. */
function isElsewhere(source: KeySource): boolean {
  const own = ownKeys(source);
  return 'provider' in source && (source.provider.jwks === undefined || (own !== undefined && 'generate' in own));
}

/** Keys of an environment's own, and the set of it and of whatever keys are declared to exist already. */
export async function createTrust(source: KeySource): Promise<Trust> {
  const generated = 'generate' in source;
  const key = await generateKey(generated ? source.generate : 'ES256');
  const existing = generated || isElsewhere(source) ? [] : loadVerificationKeys(source, '').keys;
  const decryptionKey = generateDecryptionKey();
  return { key, decryptionKey, keySet: { keys: [...existing, ...publicKeySet([key]).keys] } };
}
