/**
 * Keys, key sets and tokens (RFC 7515 to 7519, 8037), made with `jose`.
 *
 * @example
 * const key = await generateKey();
 * writeKey('.secrets/keys', key);
 * const token = await signToken(key, { role: 'todo_user', claims: { user_id: 7 } });
 * const jwks = publicKeySet(readKeys('.secrets/keys'));
 *
 * @module
 */
export { examineToken, type ExamineOptions, type TokenExamination, type TokenProblem } from './examine-token.ts';
export { fetchProviderKeys, type FetchOptions, type ProviderLocation } from './fetch-provider-keys.ts';
export { generateKey } from './generate-key.ts';
export { importKey } from './import-key.ts';
export {
  keysFromCommand,
  keysFromEnvironment,
  keysFromFile,
  parseKeysCommand,
  type KeysCommand,
  type KeysCommandOptions,
} from './key-backends.ts';
export { keyProbes, type KeyProbe } from './key-probes.ts';
export { exportKeys, exportSigningKeys } from './key-ring.ts';
export type { KeyPlace, KeyStore } from './key-store.ts';
export { readStoredKeys, writeKey, type StoredKey } from './key-directory.ts';
export {
  addKey,
  removeKey,
  revokeKey,
  rotateKeys,
  safeToRevoke,
  undoKeyStep,
  type Rotation,
  type TokenLife,
} from './key-steps.ts';
export { readKeys, readManagedKeys, type ManagedKey } from './managed-keys.ts';
export type { PrivateKey, SigningKey } from './private-key.ts';
export { providerKeysFetched, storeProviderKeys } from './provider-keys.ts';
export { publicKeySet } from './public-key-set.ts';
export { loadSigningKey, loadVerificationKeys } from './read-key-source.ts';
export { readToken, type TokenContent } from './read-token.ts';
export type { KeyState, StatesVersion, StateSince } from './state-files.ts';
export { signToken, type TokenOptions } from './sign-token.ts';
