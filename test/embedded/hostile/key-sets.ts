import { generateKeyPairSync } from 'node:crypto';
import type { ErrorCode } from '../../../errors/secured-postgrest-error.ts';
import type { SigningKey } from '../../../tokens/keys/private-key.ts';
import { since13 } from '../../support/embedded-postgrest.ts';
import {
  certifiedKey,
  ed25519Key,
  es256Key,
  hs256Key,
  privateKeys,
  publicHalf,
  rs256Key,
  symmetricKeys,
  x25519Key,
} from '../../support/rfc-vectors.ts';

/** What becomes of a set: it is refused with a code, or taken, with so many of its keys. */
type Fate = ErrorCode | number;

/** A key set of which somebody hopes for something, and PostgREST's own reading of it, against which ours protects. */
export interface HostileKeySet {
  readonly name: string;
  readonly text: string;
  /** As `keys: { jwks }`. */
  readonly declared: Fate;
  /** Fetched from a provider. @default as `declared` */
  readonly fetched?: Fate;
  /**
   * Whom PostgREST trusts with the text as it is. `text` is everybody who knows the text, since what is not read
   * as a key set is a secret.
   */
  readonly raw: readonly Signer[];
  /** Signs what must not pass, unless `trusted` says so. */
  readonly other?: SigningKey;
  /** Whether the other key is as good as the first. */
  readonly trusted?: true;
}

/** `good` is a key that is in nearly all of them. */
export type Signer = 'good' | 'other' | 'text';

export const good = { ...es256Key, alg: 'ES256', use: 'sig' } as const;
const public1 = { ...publicHalf(good), kid: 'good' };
const ed = { ...ed25519Key, alg: 'EdDSA', use: 'sig' } as const;
const public2 = { ...publicHalf(ed25519Key), kid: 'other' };
const rs = { ...publicHalf(rs256Key), kid: 'rsa' };

function rsa(modulusLength: number, publicExponent: number): SigningKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return { ...privateKey.export({ format: 'jwk' }), kty: 'RSA', alg: 'RS256', use: 'sig' };
}
const short = rsa(1024, 65_537);
export const cubic = rsa(2048, 3);

const ecPublic = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' });
const ed448 = generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' });
const secret = (k: string): SigningKey => ({ kty: 'oct', k, alg: 'HS256', use: 'sig' });

const set = (...keys: unknown[]) => JSON.stringify({ keys });
/** The text of a set of the good key, with more in that key. */
const withMember = (member: string) => set(public1).replace('"kty"', `${member},"kty"`);
const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

const mixed: readonly HostileKeySet[] = [
  { name: 'one good key', text: set(public1), declared: 1, raw: ['good'] },
  {
    name: 'mixed algorithms',
    text: set(public1, public2, rs),
    declared: 3,
    raw: ['good', 'other'],
    other: ed,
    trusted: true,
  },
  { name: 'keys without kid', text: set(publicHalf(es256Key)), declared: 1, raw: ['good'] },
  {
    name: 'one kid for two keys',
    text: set(public1, { ...public2, kid: 'good' }),
    declared: 'invalid_key_set',
    raw: ['good', 'other'],
    other: ed,
  },
  { name: 'one key twice', text: set(public1, public1), declared: 'invalid_key_set', raw: ['good'] },
  {
    name: 'a kid that is a name of JavaScript',
    text: set({ ...public1, kid: '__proto__' }, { ...public2, kid: 'constructor' }),
    declared: 2,
    raw: ['good', 'other'],
    other: ed,
    trusted: true,
  },
];

const misused: readonly HostileKeySet[] = [
  ...[{ use: 'enc' }, { key_ops: ['sign'] }, { key_ops: ['encrypt', 'wrapKey'] }, { key_ops: [] }].map(
    (use): HostileKeySet => ({
      name: `a key with ${JSON.stringify(use)}`,
      text: set(public1, { ...public2, ...use }),
      declared: 'invalid_key_set',
      fetched: 1,
      raw: ['good', 'other'],
      other: ed,
    }),
  ),
  {
    name: 'a key with a use that nobody knows',
    text: set(public1, { ...public2, use: 'login' }),
    declared: 'invalid_key_set',
    fetched: 1,
    raw: ['text'],
    other: ed,
  },
  ...['none', 'HS256', 'RS256', 'ES384'].map((alg): HostileKeySet => ({
    name: `alg ${alg} on the only key, which is for ES256`,
    text: set({ ...public1, alg }),
    declared: 'invalid_key_set',
    fetched: 'empty_key_set',
    raw: since13(['good'], []),
  })),
  {
    name: 'a key for key agreement',
    text: set(public1, x25519Key),
    declared: 'invalid_key_set',
    fetched: 1,
    raw: since13(['good'], ['text']),
  },
  {
    name: 'a private key',
    text: set(public1, { ...public2, d: ed25519Key.d }),
    declared: 'private_key_in_key_set',
    raw: ['good', 'other'],
    other: ed,
  },
  {
    name: 'a secret beside a public key (oct beside EC)',
    text: set(public1, hs256Key),
    declared: 'invalid_key_set',
    raw: ['good', 'other'],
    other: secret(hs256Key.k),
  },
  {
    name: 'an empty secret beside a public key',
    text: set(public1, { kty: 'oct', k: '' }),
    declared: 'invalid_key_set',
    raw: since13(['good'], ['good', 'other']),
    other: secret(''),
  },
  { name: 'RFC 7517, A.2', text: set(...privateKeys), declared: 'private_key_in_key_set', raw: [] },
  {
    name: 'RFC 7517, A.3',
    text: set(...symmetricKeys),
    declared: 'invalid_key_set',
    raw: ['other'],
    other: secret(hs256Key.k),
  },
  { name: 'RFC 7517, B, and a good key', text: set(public1, certifiedKey), declared: 2, raw: ['good'] },
  {
    name: 'a certificate of another key',
    text: set(public1, { ...rs, x5c: certifiedKey.x5c }),
    declared: 2,
    raw: since13(['text'], ['good', 'other']),
    other: { ...rs256Key, alg: 'RS256', use: 'sig' },
    trusted: true,
  },
];

/** A point of order 1: with it, what is signed is nothing. */
export const nothing = { kty: 'OKP', crv: 'Ed25519', x: 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', kid: 'nothing' };

const weak: readonly HostileKeySet[] = [
  {
    name: 'RSA of 1024 bits',
    text: set(public1, publicHalf(short)),
    declared: 'weak_key',
    fetched: 1,
    raw: ['good', 'other'],
    other: short,
  },
  {
    name: 'RSA with the exponent 1',
    text: set(public1, { ...rs, e: 'AQ' }),
    declared: 'weak_key',
    fetched: 1,
    raw: ['good'],
  },
  {
    name: 'RSA with the exponent 3',
    text: set(public1, publicHalf(cubic)),
    declared: 2,
    raw: ['good', 'other'],
    other: cubic,
    trusted: true,
  },
  {
    name: 'RSA of 20,000 bits',
    text: set(public1, { ...rs, n: '_'.repeat(3332) }),
    declared: 'invalid_key_set',
    fetched: 1,
    raw: ['good'],
  },
  {
    name: 'RSA with an exponent of 2,048 bits',
    text: set(public1, { ...rs, e: rs256Key.n }),
    declared: 'invalid_key_set',
    fetched: 1,
    raw: ['good'],
  },
  { name: 'Ed25519 of order 1', text: set(public1, nothing), declared: 'weak_key', fetched: 1, raw: ['good'] },
];

/** One key that PostgREST cannot read makes a secret of the whole text; from 13 on, some are left out. */
const besideGood = (
  name: string,
  key: unknown,
  raw: readonly Signer[] = ['text'],
  declared: ErrorCode = 'invalid_key_set',
): HostileKeySet => ({ name, text: set(public1, key), declared, fetched: 1, raw });
const leftOut = since13<readonly Signer[]>(['text'], ['good']);

const broken: readonly HostileKeySet[] = [
  { name: 'no keys', text: set(), declared: 'empty_key_set', raw: [] },
  besideGood('a kty that nobody knows', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' }, leftOut),
  besideGood('no kty', publicHalf({ ...es256Key, kty: undefined })),
  besideGood('a kty that is a name of JavaScript', { ...public2, kty: 'constructor' }, leftOut),
  besideGood('a point off its curve', { ...public1, kid: 'off', y: es256Key.x }, leftOut),
  besideGood('half a point', { ...public1, kid: 'half', y: undefined }),
  besideGood('a key that is null', null),
  besideGood('ES256K', ecPublic('secp256k1'), ['text'], 'unsupported_algorithm'),
  besideGood('Ed448', ed448, leftOut, 'unsupported_algorithm'),
  { name: 'no set but a list', text: JSON.stringify([public1]), declared: 'invalid_key_set', raw: ['text'] },
  { name: 'no set but a key', text: JSON.stringify(public1), declared: 'invalid_key_set', raw: ['good'] },
  ...[
    ['a brace too many', `${set(public1)}}`],
    ['a comma too many', set(public1).replace('}]', '},]')],
    ['no JSON', 'a text of more than thirty-two characters'],
    ['a PEM', '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----'],
  ].map(([name, text]): HostileKeySet => ({
    name: name!,
    text: text!,
    declared: 'invalid_key_set',
    fetched: 'invalid_provider',
    raw: ['text'],
  })),
  {
    name: 'keys twice: the last counts here, the first for PostgREST',
    text: `${set(public2).slice(0, -1)},${set(public1).slice(1)}`,
    declared: 1,
    raw: ['other'],
    other: ed,
  },
  {
    name: 'a prototype in a key',
    text: withMember('"__proto__":{"kty":"oct","k":""},"constructor":{"prototype":{"d":"AAAA"}}'),
    declared: 1,
    raw: ['good'],
  },
  {
    name: 'a prototype instead of keys',
    text: `{"__proto__":${set(public1)}}`,
    declared: 'invalid_key_set',
    raw: ['text'],
  },
  {
    name: 'a member 100,000 deep',
    text: withMember(`"x5c":${deep}`),
    declared: 1,
    fetched: 'invalid_provider',
    raw: ['text'],
  },
  {
    name: 'keys 100,000 deep',
    text: `{"keys":${deep}}`,
    declared: 'invalid_key_set',
    fetched: 'invalid_provider',
    raw: ['text'],
  },
];

const large: readonly HostileKeySet[] = [
  {
    name: '1 MB of white space',
    text: set(public1).replace('{', `{${' '.repeat(1_000_000)}`),
    declared: 1,
    fetched: 'invalid_provider',
    raw: ['good'],
  },
  {
    name: 'a member of 1 MB',
    text: withMember(`"more":"${'x'.repeat(1_000_000)}"`),
    declared: 1,
    fetched: 'invalid_provider',
    raw: ['good'],
  },
  {
    name: 'a kid of 1 MB',
    text: set({ ...public1, kid: 'k'.repeat(1_000_000) }),
    declared: 1,
    fetched: 'invalid_provider',
    raw: ['good'],
  },
  {
    name: 'an RSA key of 1 MB',
    text: set(public1, { ...rs, n: '_'.repeat(1_000_000) }),
    declared: 'invalid_key_set',
    fetched: 'invalid_provider',
    raw: ['good'],
  },
  {
    name: '5,000 keys',
    text: set(...Array.from({ length: 4999 }, (_, index) => ({ ...rs, kid: `k${index}` })), public1),
    declared: 'invalid_key_set',
    fetched: 'invalid_provider',
    raw: ['good'],
  },
  {
    name: '101 keys',
    text: set(...Array.from({ length: 100 }, (_, index) => ({ ...rs, kid: `k${index}` })), public1),
    declared: 'invalid_key_set',
    raw: ['good'],
  },
  {
    name: '100 keys',
    text: set(...Array.from({ length: 99 }, (_, index) => ({ ...rs, kid: `k${index}` })), public1),
    declared: 100,
    raw: ['good'],
  },
];

export const hostileKeySets: readonly HostileKeySet[] = [...mixed, ...misused, ...weak, ...broken, ...large];
