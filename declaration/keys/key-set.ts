import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { isObject } from '../is-object.ts';
import type { EncryptionAlgorithm, JsonWebKeySet, KeySource, SigningAlgorithm } from '../types.ts';

type Jwk = Readonly<Record<string, unknown>>;
type PublicKeySource = Exclude<KeySource, { generate: unknown } | { secretFile: unknown } | { provider: unknown }>;

/** Algorithms for signing: names on which every supported PostgREST and `jose` agree. */
export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'RS256', 'EdDSA', 'HS256'];

/** Algorithms for encryption: no secret that issuer and server share, no padding that an oracle breaks, no SHA-1, no password. */
export const ENCRYPTION_ALGORITHMS: readonly EncryptionAlgorithm[] = ['ECDH-ES+A256KW', 'RSA-OAEP-256'];

/**
 * Signature algorithms by key type and curve, as far as any supported PostgREST verifies them. No more than these:
 * with one Ed448 key in a set, say, PostgREST 12 takes the whole set for an HMAC secret.
 */
const VERIFIABLE: ReadonlyMap<string, readonly string[]> = new Map([
  ['RSA', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['EC P-256', ['ES256']],
  ['EC P-384', ['ES384']],
  ['EC P-521', ['ES512']],
  ['OKP Ed25519', ['EdDSA']],
]);

/** Encryption algorithms by key type and curve. */
const ENCRYPTING: ReadonlyMap<string, EncryptionAlgorithm> = new Map([
  ['EC P-256', 'ECDH-ES+A256KW'],
  ['OKP X25519', 'ECDH-ES+A256KW'],
  ['RSA', 'RSA-OAEP-256'],
]);

/** Members that are the key itself, in the order in which RFC 7638 hashes them. All but `k` are public. */
const KEY_MEMBERS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
  ['oct', ['k', 'kty']],
]);

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
/** RFC 7518, 3.3. */
const MIN_RSA_BITS = 2048;
/** Largest key that OpenSSL verifies with. PostgREST has no limit: a key of 6 million bits keeps it busy for over 20 s a token. */
const MAX_RSA_BITS = 16_384;
const MAX_RSA_EXPONENT = 2n ** 64n;
/**
 * The points of Ed25519 whose order is at most 8, by their y, in every spelling: whoever knows such a key can sign for it.
 */
const SMALL_ORDER = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  ...['ec', 'ed', 'ee'].map((first) => `${first}${'ff'.repeat(30)}7f`),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
];
/** Without a `kid` that it knows, PostgREST tries each key: a bad token costs about 3 ms a key. */
const MAX_KEYS = 100;
/** RFC 7518, 3.2: a key at least as long as the hash. */
const MIN_SECRET_BYTES = 32;
/** RFC 7517 allows any text, but PostgREST cannot read half a surrogate pair, and then drops the whole set. */
const KID = /^[\x20-\x7e]+$/;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/**
 * Checks what PostgREST would be told to trust. PostgREST takes whatever it cannot read as a key set for a plain HMAC
 * secret, public text included, so nothing unread may get there.
 *
 * @param place where the source stands, for errors
 * @param postgrestVersion such as `'14.1'`; decides which algorithms can be verified
 * @throws SecuredPostgrestError `invalid_key_set`, `empty_key_set`, `private_key_in_key_set`, `weak_key`,
 * `unsupported_algorithm`
 */
export function checkKeySet(source: KeySource, place: string, postgrestVersion: string): void {
  const given: Jwk = isObject(source) ? source : {};
  const kinds = ['generate', 'jwks', 'publicKey', 'secretFile', 'provider'].filter((kind) => kind in given);
  if (kinds.length !== 1) {
    refuse(
      'invalid_key_set',
      place,
      kinds.length === 0 ? 'no kind of key' : `${kinds.join(' and ')} together`,
      'give exactly one of generate, jwks, publicKey, secretFile, provider',
    );
  }
  if ('provider' in source) {
    if (source.additionalKeys) checkKeySet(source.additionalKeys, `${place}.additionalKeys`, postgrestVersion);
  } else if ('generate' in source) {
    checkSigningAlgorithm(source.generate, `${place}.generate`);
  } else if ('secretFile' in source) {
    if (typeof source.secretFile !== 'string' || source.secretFile === '') {
      refuse('invalid_key_set', `${place}.secretFile`, 'not a path', 'give the path of the file with the secret');
    }
  } else {
    readPublicKeys(source, place).forEach(({ alg }, index) => {
      // 13 changed the JWT library; the new one has no PS*.
      if (typeof alg === 'string' && alg.startsWith('PS') && !(Number.parseInt(postgrestVersion, 10) < 13)) {
        refuse(
          'unsupported_algorithm',
          `${place}.jwks.keys[${index}]`,
          `${alg} cannot be verified by PostgREST ${postgrestVersion}`,
          `sign with ${alg.replace('PS', 'RS')} or ES256`,
        );
      }
    });
  }
}

/** @throws SecuredPostgrestError `unsupported_algorithm` */
export function checkSigningAlgorithm(algorithm: SigningAlgorithm, place: string): void {
  if (!SIGNING_ALGORITHMS.includes(algorithm)) {
    refuse(
      'unsupported_algorithm',
      place,
      `keys for ${show(algorithm)} cannot be generated`,
      `use one of ${SIGNING_ALGORITHMS.join(', ')}`,
    );
  }
}

/**
 * The checked key set that a verifier gets for existing public keys: canonical, and without members that it doesn't
 * need (a certificate chain, say), because one member that PostgREST cannot read would make it drop the whole set.
 *
 * @throws SecuredPostgrestError as {@link checkKeySet}
 */
export function verificationKeySet(source: PublicKeySource): JsonWebKeySet {
  return { keys: readPublicKeys(source, 'keys') };
}

/**
 * Checks one public key as those of a set are.
 *
 * @throws SecuredPostgrestError as {@link checkKeySet}
 */
export function checkPublicKey(jwk: unknown, place: string): void {
  readJwk(jwk, place);
}

/**
 * Checks one public key that tokens are encrypted to: whole, on its curve, strong enough, and of a kind with an algorithm.
 *
 * @throws SecuredPostgrestError `invalid_key_set`, `weak_key`, `unsupported_algorithm`
 */
export function encryptionAlgorithm(jwk: Jwk, place: string): EncryptionAlgorithm {
  const kind = jwk.kty === 'RSA' ? 'RSA' : `${String(jwk.kty)} ${String(jwk.crv)}`;
  const algorithm = ENCRYPTING.get(kind);
  if (algorithm === undefined) {
    const fix = `use one of ${[...ENCRYPTING.keys()].join(', ')}`;
    refuse('unsupported_algorithm', place, `tokens cannot be encrypted to a key of kind ${kind}`, fix);
  }
  checkStrength(importKey(jwk, place), place);
  return algorithm;
}

/** A provider's keys as far as they can verify tokens, and why each of the others cannot. */
export interface UsableKeys extends JsonWebKeySet {
  readonly leftOut: readonly string[];
}

/**
 * The keys of a set that others keep: what is for encryption, or for signatures that not every PostgREST verifies, is left
 * out instead of being refused.
 *
 * @throws SecuredPostgrestError `invalid_key_set`, `empty_key_set` also where nothing is left, `private_key_in_key_set`
 */
export function checkPublicKeys(jwks: unknown, place: string): UsableKeys {
  const leftOut: string[] = [];
  const usable = readSet(jwks, place).filter((key, index) => {
    try {
      if (String(readJwk(key, `${place}.keys[${index}]`)['alg']).startsWith('PS')) {
        refuse('unsupported_algorithm', `${place}.keys[${index}]`, 'PostgREST 13 has no PS*', 'sign with RS256');
      }
      return true;
    } catch (error) {
      const isSecret = isObject(key) && (key.kty === 'oct' || PRIVATE_MEMBERS.some((member) => member in key));
      if (isSecret || !(error instanceof SecuredPostgrestError)) throw error;
      leftOut.push(error.message);
      return false;
    }
  });
  return { keys: readJwks({ keys: usable }, place), leftOut };
}

/**
 * Checks an HS256 secret: at least 32 bytes, not one byte repeated, and not a text that is known to others, such as a
 * public key. Errors never show it.
 *
 * @throws SecuredPostgrestError `weak_secret`
 */
export function checkSecret(secret: Uint8Array | string, place: string): void {
  const bytes =
    typeof secret === 'string' ? Buffer.from(secret) : Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength);
  const fix = `use at least ${MIN_SECRET_BYTES} random bytes (RFC 7518, 3.2), such as from 'openssl rand -base64 48'`;
  if (bytes.length < MIN_SECRET_BYTES) {
    refuse('weak_secret', place, `an HS256 secret of ${bytes.length} bytes is too short`, fix);
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    refuse('weak_secret', place, 'an HS256 secret of one repeated byte can be guessed', fix);
  }
  if (/^\s*(-----BEGIN |\{\s*")/.test(bytes.toString('latin1'))) {
    refuse(
      'weak_secret',
      place,
      'a PEM or JSON text is no HS256 secret',
      "declare public keys as 'publicKey' or 'jwks'; for a set of secrets, declare generate: 'HS256' and add each with 'secured-postgrest keys import'",
    );
  }
}

/** The members of a JWK that are the key itself (RFC 7638, 3.2), never a private one of an asymmetric key. */
export function keyMembers(jwk: Jwk): Record<string, unknown> {
  return Object.fromEntries((KEY_MEMBERS.get(jwk.kty) ?? []).map((member) => [member, jwk[member]]));
}

/** RFC 7638 thumbprint (SHA-256, base64url) of a JWK; private and public half have the same. */
export function thumbprint(jwk: Jwk): string {
  return createHash('sha256')
    .update(JSON.stringify(keyMembers(jwk)))
    .digest('base64url');
}

function readPublicKeys(source: PublicKeySource, place: string): Jwk[] {
  if ('publicKey' in source) return [readPem(source, `${place}.publicKey`)];
  return readJwks(source.jwks, `${place}.jwks`);
}

function readSet(jwks: unknown, place: string): unknown[] {
  const set = typeof jwks === 'string' ? parseJson(jwks, place) : jwks;
  if (!isObject(set) || !Array.isArray(set.keys)) {
    refuse('invalid_key_set', place, 'not a JSON Web Key Set', 'give {"keys": [...]} (RFC 7517, 5)');
  }
  return set.keys as unknown[];
}

function readJwks(jwks: unknown, place: string): Jwk[] {
  const keys = readSet(jwks, place);
  if (keys.length === 0) refuse('empty_key_set', place, 'the key set has no keys', 'add at least one public key');
  if (keys.length > MAX_KEYS) {
    refuse(
      'invalid_key_set',
      place,
      `has ${keys.length} keys, and PostgREST tries each for every token`,
      `leave no more than ${MAX_KEYS} in it: those that sign, and the next`,
    );
  }
  const read = keys.map((key, index) => readJwk(key, `${place}.keys[${index}]`));
  const kids = read.flatMap(({ kid }) => (kid === undefined ? [] : [kid]));
  const twice = kids.find((kid, index) => kids.indexOf(kid) !== index);
  if (twice !== undefined) {
    refuse('invalid_key_set', place, `kid ${show(twice)} is there twice`, 'give each key a kid of its own');
  }
  return read;
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may be a secret in the wrong place.
    return refuse(
      'invalid_key_set',
      place,
      'not valid JSON',
      "give a JSON Web Key Set; a PEM goes into 'publicKey', an HS256 secret into a file named by 'secretFile'",
    );
  }
}

function readJwk(jwk: unknown, place: string): Jwk {
  if (!isObject(jwk)) refuse('invalid_key_set', place, 'not a JSON Web Key', 'give an object (RFC 7517, 4)');
  const { kty, crv, alg, use, key_ops: operations, kid } = jwk;
  if (kty === 'oct') {
    refuse(
      'invalid_key_set',
      place,
      'a symmetric key (kty "oct") is a secret, not a public key',
      "keep it in a file and declare 'secretFile'; for several, declare generate: 'HS256' and add each with 'secured-postgrest keys import'",
    );
  }
  const secrets = PRIVATE_MEMBERS.filter((member) => jwk[member] !== undefined);
  if (secrets.length > 0) {
    refuse(
      'private_key_in_key_set',
      place,
      `holds the private ${secrets.length === 1 ? 'member' : 'members'} ${secrets.join(', ')}`,
      'give the public half only, and replace the key: it may have been seen',
    );
  }
  if (alg === 'ES256K' || crv === 'secp256k1') {
    refuse('unsupported_algorithm', place, 'ES256K cannot be verified by PostgREST', 'sign with ES256');
  }
  if (alg === 'Ed448' || crv === 'Ed448') {
    refuse('unsupported_algorithm', place, 'Ed448 cannot be verified by PostgREST 12', 'sign with an Ed25519 key');
  }
  if (alg === 'Ed25519') {
    refuse('unsupported_algorithm', place, `PostgREST doesn't know the name ${alg}`, 'sign with alg "EdDSA"');
  }
  const algorithms = VERIFIABLE.get(
    kty === 'RSA' ? kty : [kty, crv].filter((part) => typeof part === 'string').join(' '),
  );
  if (algorithms === undefined) {
    refuse(
      'invalid_key_set',
      place,
      `no signature key has kty ${show(kty)} with crv ${show(crv)}`,
      `use one of ${[...VERIFIABLE.keys()].join(', ')}`,
    );
  }
  if (alg !== undefined && !(typeof alg === 'string' && algorithms.includes(alg))) {
    refuse('invalid_key_set', place, `alg ${show(alg)} doesn't fit the key`, `use one of ${algorithms.join(', ')}`);
  }
  if (use !== undefined && use !== 'sig') {
    refuse('invalid_key_set', place, `use ${show(use)} is not for signatures`, 'leave the key out of the set');
  }
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    refuse('invalid_key_set', place, "key_ops doesn't include verify", 'leave the key out of the set');
  }
  if (kid !== undefined && !(typeof kid === 'string' && KID.test(kid))) {
    refuse('invalid_key_set', place, `kid ${show(kid)} is not a name`, 'give printable ASCII, or none');
  }
  const key = importKey(jwk, place);
  checkStrength(key, place);
  return { ...exportMembers(key), ...(alg !== undefined && { alg }), ...(kid !== undefined && { kid }), use: 'sig' };
}

/** Proves that the key is one: on its curve, whole, and strictly encoded (Node itself skips stray characters). */
function importKey(jwk: Jwk, place: string): KeyObject {
  const members = keyMembers(jwk);
  const broken = Object.keys(members).find((member) => {
    const value = members[member];
    return !(typeof value === 'string' && BASE64URL.test(value));
  });
  if (broken !== undefined) {
    refuse('invalid_key_set', place, `${broken} is missing or not base64url`, 'copy the key again from its issuer');
  }
  try {
    return createPublicKey({ format: 'jwk', key: members });
  } catch (cause) {
    return refuse('invalid_key_set', place, 'not a usable public key', 'copy the key again from its issuer', cause);
  }
}

function checkStrength(key: KeyObject, place: string): void {
  const { modulusLength: bits, publicExponent: exponent } = key.asymmetricKeyDetails ?? {};
  if (bits !== undefined && bits < MIN_RSA_BITS) {
    refuse('weak_key', place, `an RSA key of ${bits} bits is too short`, `use at least ${MIN_RSA_BITS} bits, or ES256`);
  }
  // With an exponent of 1 the signature is the message.
  if (exponent !== undefined && (exponent < 3n || exponent % 2n === 0n)) {
    refuse('weak_key', place, `RSA exponent ${exponent} makes signatures forgeable`, 'use 65537 (e = "AQAB")');
  }
  if (bits !== undefined && (bits > MAX_RSA_BITS || exponent! > MAX_RSA_EXPONENT)) {
    refuse(
      'invalid_key_set',
      place,
      `an RSA key of ${bits} bits and its exponent take too long to verify with`,
      'use 3072 bits and 65537 (e = "AQAB"), or ES256',
    );
  }
  if (key.asymmetricKeyType === 'ed25519' && isOfSmallOrder(key)) {
    refuse('weak_key', place, 'with this Ed25519 key anybody can sign', 'have a new key made, by a library');
  }
}

function isOfSmallOrder(key: KeyObject): boolean {
  const y = Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url');
  y[31]! &= 0x7f;
  return SMALL_ORDER.includes(y.toString('hex'));
}

function readPem(source: { publicKey: string; algorithm: SigningAlgorithm }, place: string): Jwk {
  const { publicKey: pem, algorithm } = source;
  if (typeof pem !== 'string') refuse('invalid_key_set', place, 'not a text', 'give a PEM public key');
  // Node would derive the public key from a private one, so a private key has to be found by its label.
  if (pem.includes('PRIVATE KEY-----')) {
    refuse(
      'private_key_in_key_set',
      place,
      'a private key',
      "give the public half ('openssl pkey -pubout'), and replace the key: it may have been seen",
    );
  }
  if (!/^\s*-----BEGIN PUBLIC KEY-----[\sA-Za-z0-9+/=]+-----END PUBLIC KEY-----\s*$/.test(pem)) {
    refuse(
      'invalid_key_set',
      place,
      'not one PEM public key (SPKI)',
      "give one block that begins with -----BEGIN PUBLIC KEY-----, such as from 'openssl pkey -pubin -pubout'",
    );
  }
  if (algorithm === 'HS256') {
    refuse('invalid_key_set', place, "algorithm HS256 doesn't sign with a key pair", "declare 'secretFile'");
  }
  checkSigningAlgorithm(algorithm, place.replace(/publicKey$/, 'algorithm'));
  const members = exportMembers(importPem(pem, place));
  return readJwk({ ...members, alg: algorithm, kid: thumbprint(members) }, place);
}

function importPem(pem: string, place: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    return refuse('invalid_key_set', place, 'not a usable public key', 'copy the PEM again from its issuer', cause);
  }
}

/** Key types without a JWK form (DSA, RSA-PSS) come out without members, and are refused by their `kty`. */
function exportMembers(key: KeyObject): Jwk {
  try {
    return keyMembers(key.export({ format: 'jwk' }));
  } catch {
    return { kty: key.asymmetricKeyType };
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : value === undefined ? 'none' : typeof value;
}
