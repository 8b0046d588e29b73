import { createPublicKey, randomBytes } from 'node:crypto';
import { publicKeySet, type PrivateKey } from '../../../tokens/index.ts';
import { type Refusal } from '../../support/answers.ts';
import { answers, since13 } from '../../support/embedded-postgrest.ts';
import { bent, foreignKey, forged, headed, honest, type HostileToken } from './hostile-token.ts';
import { encode, headerOf, hmacToken, rawToken } from './raw-token.ts';

const auditor = () => ({ ...honest(), role: 'vault_auditor' });

const publicJwk = (key: PrivateKey) => publicKeySet([key]).keys[0]!;
const publicKey = (key: PrivateKey) => createPublicKey({ format: 'jwk', key: publicJwk(key) });
const pem = (key: PrivateKey) => publicKey(key).export({ type: 'spki', format: 'pem' }) as string;
const der = (key: PrivateKey) => publicKey(key).export({ type: 'spki', format: 'der' });
const coordinate = (key: PrivateKey) => String(key['x'] ?? key['n']);

/** HS256 with what everybody may know of a public key. */
const withPublic = (name: string, secret: (key: PrivateKey, keySet: string) => string | Buffer): HostileToken => ({
  name: `HS256 with ${name} as the secret`,
  token: ({ key, keySet }) => (key.kty === 'oct' ? undefined : hmacToken(secret(key, keySet), auditor())),
  answer: answers.wrongSignature,
});

/** A token without a signature, whose header says what it likes. */
const bare = (name: string, header: string | ((alg: string) => string), answer: Refusal): HostileToken => ({
  name: `${name}, without a signature`,
  token: ({ key }) => `${encode(typeof header === 'string' ? header : header(key.alg))}.${encode(auditor())}.`,
  answer,
});

const algorithms: readonly HostileToken[] = [
  bare('alg "none"', '{"alg":"none"}', answers.unsigned),
  ...['None', 'NONE', 'nOnE', ' none', 'none\u0000', ''].map((alg) =>
    bare(`alg ${JSON.stringify(alg)}`, JSON.stringify({ alg }), answers.badHeader),
  ),
  bare('alg twice, "none" first', (alg) => `{"alg":"none","alg":"${alg}"}`, answers.unsigned),
  bare('alg twice, "none" last', (alg) => `{"alg":"${alg}","alg":"none"}`, answers.wrongSignature),
  bare('alg of the key', (alg) => `{"alg":"${alg}"}`, answers.wrongSignature),
  {
    name: 'alg "none" with the signature of another token',
    token: ({ key }) => {
      const [, , signature] = rawToken(key, headerOf(key), honest()).split('.');
      return [encode({ alg: 'none' }), encode(auditor()), signature].join('.');
    },
    answer: answers.unsigned,
  },
  headed('alg null', { alg: null }, answers.badHeader),
  headed('alg a list', { alg: ['none', 'HS256'] }, answers.badHeader),
  headed('alg a number', { alg: 256 }, answers.badHeader),
  headed('no alg', { alg: undefined }, answers.badHeader),
  headed('alg in lower case', (key) => ({ ...headerOf(key), alg: key.alg.toLowerCase() }), answers.badHeader),
  headed('alg unknown', { alg: 'XS256' }, answers.badHeader),
  headed(
    'alg of another strength',
    (key) => ({ ...headerOf(key), alg: { HS256: 'HS512', RS256: 'RS512', ES256: 'ES384', EdDSA: 'ES512' }[key.alg] }),
    answers.wrongSignature,
  ),
  headed(
    'alg of another kind of key',
    (key) => ({ ...headerOf(key), alg: { HS256: 'RS256', RS256: 'ES256', ES256: 'RS256', EdDSA: 'HS256' }[key.alg] }),
    answers.wrongSignature,
  ),
  headed('alg PS256', { alg: 'PS256' }, since13(answers.wrongSignature, answers.badHeader)),
  // The first of two counts, as everywhere in PostgREST 12.
  headed(
    'alg twice, "none" first',
    (key) => JSON.stringify(headerOf(key)).replace('{', '{"alg":"none",'),
    answers.unsigned,
  ),
  headed('alg twice, "none" last', (key) => JSON.stringify(headerOf(key)).replace(/\}$/, ',"alg":"none"}'), 'user one'),
];

const keys: readonly HostileToken[] = [
  forged('another key', (own) => headerOf(own)),
  {
    name: 'another kind of key',
    token: async ({ key }) => {
      const own = await foreignKey(key.alg === 'ES256' ? 'RS256' : 'ES256');
      return rawToken(own, headerOf(own), auditor());
    },
    answer: answers.wrongSignature,
  },
  withPublic('the key set', (_, keySet) => keySet),
  withPublic('the key set, indented,', (_, keySet) => JSON.stringify(JSON.parse(keySet), undefined, 2)),
  withPublic('the key set and a newline', (_, keySet) => `${keySet}\n`),
  withPublic('the JWK', (key) => JSON.stringify(publicJwk(key))),
  withPublic('the PEM', pem),
  withPublic('the PEM without its last newline', (key) => pem(key).trim()),
  withPublic('the PEM without its frame', (key) => pem(key).replace(/-----[^-]+-----|\n/g, '')),
  withPublic('the DER', der),
  withPublic('the x coordinate or modulus, as text,', coordinate),
  withPublic('the x coordinate or modulus, as bytes,', (key) => Buffer.from(coordinate(key), 'base64url')),
  ...['', '\0', 'secret'].map((secret): HostileToken => ({
    name: `HS256 with ${JSON.stringify(secret)} as the secret`,
    token: () => hmacToken(secret, auditor()),
    answer: answers.wrongSignature,
  })),
  {
    name: 'HS256 with the kid as the secret',
    token: ({ key }) => hmacToken(key.kid, auditor(), { kid: key.kid }),
    answer: answers.wrongSignature,
  },
  {
    name: 'HS256 with the empty secret of the file that the kid names',
    token: () => hmacToken('', auditor(), { kid: '/dev/null' }),
    answer: answers.wrongSignature,
  },
  {
    name: "HS256 with the secret's base64url text as the secret",
    token: ({ key }) => (key.kty === 'oct' ? hmacToken(String(key['k']), auditor()) : undefined),
    answer: answers.wrongSignature,
  },
  forged("another key under the trusted one's kid", (own, trusted) => ({ ...headerOf(own), kid: trusted.kid })),
  forged('another key, brought as jwk', (own) => ({ ...headerOf(own), jwk: publicJwk(own) })),
  forged('another key, named by jku', (own) => ({ ...headerOf(own), jku: 'http://127.0.0.1:9/jwks.json' })),
  forged('another key, named by x5u', (own) => ({ ...headerOf(own), x5u: 'http://127.0.0.1:9/chain.pem' })),
  forged(
    'another key, brought as x5c that is no certificate',
    (own) => ({ ...headerOf(own), x5c: [(own.kty === 'oct' ? Buffer.from('x') : der(own)).toString('base64')] }),
    since13(answers.badHeader, answers.wrongSignature),
  ),
  forged(
    'another key, named by x5t',
    (own) => ({ ...headerOf(own), x5t: 'AAAA' }),
    since13(answers.badHeader, answers.wrongSignature),
  ),
];

const withSignature = (name: string, signature: () => Buffer) =>
  bent(name, (_, [header, payload]) => `${header}.${payload}.${encode(signature())}`, answers.wrongSignature);

const signatures: readonly HostileToken[] = [
  bent(
    'another payload under the signature',
    (_, [header, , signature]) => [header, encode(auditor()), signature].join('.'),
    answers.wrongSignature,
  ),
  withSignature('a signature of 64 zeros', () => Buffer.alloc(64)),
  withSignature('a signature of 256 zeros', () => Buffer.alloc(256)),
  withSignature('a signature of 256 ones', () => Buffer.alloc(256, 0xff)),
  withSignature('a random signature', () => randomBytes(64)),
  {
    name: 'an ECDSA signature in DER',
    token: ({ key }) => {
      if (key.alg !== 'ES256') return undefined;
      const [header, payload, signature] = rawToken(key, headerOf(key), honest()).split('.');
      const raw = Buffer.from(signature!, 'base64url');
      const int = (part: Buffer) => Buffer.concat([Buffer.from([2, part.length + 1, 0]), part]);
      const both = Buffer.concat([int(raw.subarray(0, 32)), int(raw.subarray(32))]);
      return `${header}.${payload}.${encode(Buffer.concat([Buffer.from([48, both.length]), both]))}`;
    },
    answer: answers.wrongSignature,
  },
];

const kidUnknown = since13('user one', answers.wrongSignature);

/**
 * PostgREST fetches nothing: what is signed well is served. 12 ignores `kid` and tries every key; from 13 on, a `kid` has to
 * be the one of a key, and `crit` is ignored, which `token verify` rejects on every version.
 */
const members: readonly HostileToken[] = [
  headed('a kid that nobody has', { kid: 'nobody' }, kidUnknown),
  headed('a kid that is a path', { kid: '../../../../../../dev/null' }, kidUnknown),
  headed('a kid that is SQL', { kid: "' UNION SELECT 'secret' --" }, kidUnknown),
  headed('a kid that is a command', { kid: '|cat /etc/passwd' }, kidUnknown),
  headed('a kid of 8 KB', { kid: 'k'.repeat(8000) }, kidUnknown),
  headed('an empty kid', { kid: '' }, kidUnknown),
  headed('a kid that is a number', { kid: 7 }, answers.badHeader),
  headed('a kid that is an object', { kid: { $ne: null } }, answers.badHeader),
  headed('a kid that is null', { kid: null }, since13(answers.badHeader, 'user one')),
  headed('jku beside a good signature', { jku: 'http://127.0.0.1:9/jwks.json' }, 'user one'),
  headed('crit that names what nobody knows', { crit: ['vault'], vault: true }, since13(answers.badHeader, 'user one')),
  headed('crit that names what is missing', { crit: ['vault'] }, since13(answers.badHeader, 'user one')),
  headed('crit that is empty', { crit: [] }, since13(answers.badHeader, 'user one')),
  headed('crit that is text', { crit: 'exp' }, since13(answers.badHeader, 'user one')),
  headed('b64 false (RFC 7797)', { b64: false, crit: ['b64'] }, since13(answers.badHeader, 'user one')),
  headed('b64 false without crit', { b64: false }, 'user one'),
  headed('zip', { zip: 'DEF' }, 'user one'),
  headed('typ something else', { typ: 'at+jwt' }, 'user one'),
  headed('typ a number', { typ: 1 }, answers.badHeader),
  headed('cty JWT', { cty: 'JWT' }, 'user one'),
];

/** Who signed it, with what, and what the header says of that. */
export const signatureTokens: readonly HostileToken[] = [...algorithms, ...keys, ...signatures, ...members];
