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
export { examineToken, type ExamineOptions, type TokenExamination } from './examine-token.ts';
export type { TokenProblem } from './token-problem.ts';
export { encryptToken } from './encrypt-token.ts';
export { fetchProviderKeys, type FetchOptions, type ProviderLocation } from './keys/fetch-provider-keys.ts';
export { ENCRYPTION_CURVES, generateDecryptionKey, type EncryptionCurve } from './keys/generate-decryption-key.ts';
export { generateKey } from './keys/generate-key.ts';
export { importDecryptionKey, importKey } from './keys/import-key.ts';
export {
  keysFromCommand,
  keysFromEnvironment,
  keysFromFile,
  parseKeysCommand,
  type KeysCommand,
  type KeysCommandOptions,
} from './keys/key-backends.ts';
export { keyProbes, type KeyProbe } from './keys/key-probes.ts';
export { exportDecryptionKeys, exportKeys, exportSigningKeys } from './keys/key-ring.ts';
export { keysInDirectory, type KeyPlace, type KeyStore, type KeyUseOption } from './keys/key-store.ts';
export { readStoredKeys, writeKey, type StoredKey } from './keys/key-directory.ts';
export {
  addKey,
  removeKey,
  revokeKey,
  rotateKeys,
  safeToRevoke,
  undoKeyStep,
  type Rotation,
  type TokenLife,
} from './keys/key-steps.ts';
export { readKeys, readManagedKeys, type ManagedKey } from './keys/managed-keys.ts';
export type { DecryptionKey, EncryptionKey, KeysByUse, KeyUse, PrivateKey, SigningKey } from './keys/private-key.ts';
export { providerKeysFetched, storeProviderKeys } from './keys/provider-keys.ts';
export { publicKeySet } from './keys/public-key-set.ts';
export { loadSigningKey, loadVerificationKeys } from './keys/read-key-source.ts';
export { encryptionHeader } from './nested-token.ts';
export { openToken, type TokenOpening } from './open-token.ts';
export { readToken, type TokenContent } from './read-token.ts';
export type { KeyState, StatesVersion, StateSince } from './keys/state-files.ts';
export { signToken, type TokenOptions } from './sign-token.ts';
