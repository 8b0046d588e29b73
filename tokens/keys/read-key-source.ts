import { ownKeys } from '../../declaration/keys/provider.ts';
import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { checkSecret, verificationKeySet } from '../../declaration/keys/key-set.ts';
import type { JsonWebKeySet, KeySource, Provider, SigningAlgorithm } from '../../declaration/types.ts';
import { keyStore, type KeyPlace } from './key-store.ts';
import { keysCommand } from './keys-command.ts';
import { isInUse, readManagedKeys, type ManagedKey } from './managed-keys.ts';
import { readGivenFile } from '../../files/private-files.ts';
import type { SigningKey } from './private-key.ts';
import { readProviderKeys } from './provider-keys.ts';
import { publicKeySet } from './public-key-set.ts';

type SecretFile = Extract<KeySource, { secretFile: string }>;

/**
 * The key set that PostgREST gets as its `jwt-secret`. For generated keys that is every key of the directory that is not
 * revoked, so that keys, and algorithms too, can be replaced without a moment in which good tokens fail.
 *
 * A set for HS256 (generated or from a file) holds the secret.
 *
 * @param place where generated keys are kept: a directory, or another store
 * @param providerDirectory where a provider's fetched keys are kept. @default `place`, if that is a directory
 * @throws SecuredPostgrestError `unreadable_key`, `insecure_secret_file`, `unreadable_secret`, `weak_secret`, and what
 * existing key sets are refused for
 * @example
 * writeFileSync('jwks.json', JSON.stringify(loadVerificationKeys({ generate: 'ES256' }, '.secrets/keys')));
 */
export function loadVerificationKeys(source: KeySource, place: KeyPlace, providerDirectory?: string): JsonWebKeySet {
  if ('generate' in source) return publicKeySet(readGeneratedKeys(source.generate, place).map(({ key }) => key));
  if ('secretFile' in source) return publicKeySet([readSecretFile(source)]);
  if ('provider' in source) {
    const ours = ownKeys(source);
    const own = ours ? loadVerificationKeys(ours, place).keys : [];
    const directory = providerDirectory ?? directoryOf(place, source.provider);
    return { keys: [...readProviderKeys(source.provider, directory).keys, ...own] };
  }
  return verificationKeySet(source);
}

/**
 * The key that new tokens are signed with: the generated one of the declared algorithm that is in use, or the secret of the
 * file; none where the keys are someone else's.
 *
 * @param place where generated keys are kept: a directory, or another store
 * @throws SecuredPostgrestError `unreadable_key`, `insecure_secret_file`, `unreadable_secret`, `weak_secret`
 */
export function loadSigningKey(source: KeySource, place: KeyPlace): SigningKey | undefined {
  if ('generate' in source) {
    return readGeneratedKeys(source.generate, place).find((key) => isInUse(key, source.generate))?.key;
  }
  if ('secretFile' in source) return readSecretFile(source);
  const own = 'provider' in source ? ownKeys(source) : undefined;
  return own && loadSigningKey(own, place);
}

function directoryOf(place: KeyPlace, { jwks }: Provider): string {
  if (typeof place === 'string') return place;
  if (jwks !== undefined) return '';
  return refuse(
    'unreadable_key',
    place.place,
    "a provider's fetched keys are kept in a directory, not there",
    'name the directory, or declare jwks',
  );
}

/** Whatever is not revoked, in an order that no step changes: the servers have nothing to read again then. */
function readGeneratedKeys(algorithm: SigningAlgorithm, place: KeyPlace): ManagedKey[] {
  const keys = readManagedKeys(place).filter(({ state }) => state !== 'revoked');
  if (!keys.some((key) => isInUse(key, algorithm))) {
    refuse(
      'unreadable_key',
      keyStore(place).place,
      `there is no ${algorithm} key in use`,
      `make one with: ${keysCommand('generate', [...keyStore(place).options, '--algorithm', algorithm])}`,
    );
  }
  return keys;
}

function readSecretFile({ secretFile: file, isBase64 = false }: SecretFile): SigningKey {
  let content: Buffer;
  try {
    content = readGivenFile(file);
  } catch (cause) {
    if (cause instanceof SecuredPostgrestError) throw cause;
    return refuse('unreadable_secret', file, 'the secret cannot be read', 'put the HS256 secret into this file', cause);
  }
  // Editors and shells end a file with a newline that is no part of the secret.
  const newline = content.at(-1) === 0x0a ? (content.at(-2) === 0x0d ? 2 : 1) : 0;
  const written = content.subarray(0, content.length - newline);
  const secret = isBase64 ? fromBase64(written.toString('latin1'), file) : written;
  checkSecret(secret, file);
  return { kty: 'oct', k: secret.toString('base64url'), alg: 'HS256', use: 'sig' };
}

function fromBase64(text: string, file: string): Buffer {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) {
    refuse('unreadable_secret', file, 'the secret is not base64', 'write it as base64, or remove isBase64');
  }
  return Buffer.from(text, 'base64');
}
