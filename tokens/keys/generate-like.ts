import { generateDecryptionKey, type EncryptionCurve } from './generate-decryption-key.ts';
import { generateKeySync } from './generate-key.ts';
import type { KeysByUse, KeyUse } from './private-key.ts';

/** A new key of the same use, algorithm and curve. */
export function generateLike<Use extends KeyUse>(key: KeysByUse[Use]): KeysByUse[Use];
export function generateLike(key: KeysByUse[KeyUse]): KeysByUse[KeyUse] {
  return key.use === 'sig' ? generateKeySync(key.alg) : generateDecryptionKey(key.alg, key['crv'] as EncryptionCurve);
}
