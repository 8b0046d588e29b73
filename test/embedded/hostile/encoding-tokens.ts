import {
  badClaims,
  badEncoding,
  badHeader,
  badParts,
  bent,
  headed,
  honest,
  refused,
  says,
  saysText,
  tooLong,
  wrongSignature,
  type HostileToken,
} from './hostile-token.ts';
import { encode, headerOf, rawToken, signText } from './raw-token.ts';

const parts: readonly HostileToken[] = [
  { name: 'text', token: () => 'open-sesame', answer: badParts },
  bent('cut within the header', (token) => token.slice(0, 10), badParts),
  bent('cut after the header', (_, [header]) => header, badParts),
  bent('cut before the payload', (_, [header]) => `${header}.`, badParts),
  bent('cut within the payload', (_, [header, payload]) => `${header}.${payload.slice(0, 20)}`, badParts),
  bent('without the last dot', (_, [header, payload]) => `${header}.${payload}`, badParts),
  bent('cut before the signature', (_, [header, payload]) => `${header}.${payload}.`, wrongSignature),
  // What is left may be base64url or not.
  bent('cut within the signature', (token) => token.slice(0, -4), refused(/^JWSError /)),
  bent('one character more', (token) => `${token}A`, refused(/^JWSError /)),
  bent('a fourth part', (token) => `${token}.AAAA`, badParts),
  bent('five parts', (token) => `${token}.AAAA.AAAA`, badParts),
  {
    name: 'a JWE',
    token: () => [encode({ alg: 'dir', enc: 'A128GCM' }), '', 'AAAAAAAAAAAAAAAA', encode(honest()), 'AAAA'].join('.'),
    answer: badParts,
  },
  bent('dots only', () => '..', badHeader),
  bent('an empty header', (_, [, payload, signature]) => `.${payload}.${signature}`, badHeader),
  bent('an empty payload under the signature', (_, [header, , signature]) => `${header}..${signature}`, badClaims),
  bent('two tokens, with a comma', (token) => `${token}, ${token}`, badParts),
];

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Says the same bytes with another last character. */
const stray = (text: string) => text.slice(0, -1) + ALPHABET[ALPHABET.indexOf(text.at(-1)!) + 1];
/** As JSON with so many spaces that its last character has unused bits. */
const padded = (part: object) => {
  const json = JSON.stringify(part);
  return json + ' '.repeat((4 - (json.length % 3)) % 3);
};

const encodings: readonly HostileToken[] = [
  bent('padded with =', (token) => `${token}==`, badEncoding),
  bent('its payload padded', (_, [header, payload, signature]) => `${header}.${payload}=.${signature}`, badEncoding),
  bent(
    'the signature in the standard alphabet',
    (_, [header, payload, signature]) => [header, payload, `+/${signature.slice(2)}`].join('.'),
    badEncoding,
  ),
  // Of a long one it is the signature that is found wrong.
  bent('stray bits at the end of the signature', stray, refused(/^JWSError /)),
  {
    name: 'stray bits at the end of the header, signed well',
    token: ({ key }) => signText(key, `${stray(encode(padded(headerOf(key))))}.${encode(honest())}`),
    answer: badEncoding,
  },
  {
    name: 'stray bits at the end of the payload, signed well',
    token: ({ key }) => signText(key, `${encode(headerOf(key))}.${stray(encode(padded(honest())))}`),
    answer: badEncoding,
  },
  bent('a tab within', (_, [header, payload, signature]) => `${header}.\t${payload}.${signature}`, badEncoding),
  bent('quoted', (token) => `"${token}"`, badEncoding),
  bent('percent-encoded dots', (token) => token.replaceAll('.', '%2E'), badParts),
  bent('as standard base64', (token) => Buffer.from(token).toString('base64'), badParts),
  bent(
    'in JSON serialization (RFC 7515, 7.2)',
    (_, [header, payload, signature]) => JSON.stringify({ payload, protected: header, signature }),
    badParts,
  ),
];

/** Signed well, whatever it is. */
const contents: readonly HostileToken[] = [
  headed('a header that is no JSON', () => 'alg', badHeader),
  headed('a header that is a list', () => [], badHeader),
  headed('a header that is not UTF-8', () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), badHeader),
  says('an empty payload', () => '', badClaims),
  says('a payload that is no JSON', () => 'role=vault_auditor', badClaims),
  says('a payload that is a list', () => [honest()], badClaims),
  says('a payload that is a number', () => '1', badClaims),
  says('a payload that is null', () => 'null', badClaims),
  says('a payload that is text', () => '"vault_auditor"', badClaims),
  saysText(
    'a payload that is not UTF-8',
    (json) => Buffer.from(json.replace('vault_user', 'vault_user\xff\xfe'), 'latin1'),
    badClaims,
  ),
  saysText('a payload in UTF-16', (json) => Buffer.from(json, 'utf16le'), badClaims),
  saysText('a payload with a byte order mark', (json) => `\ufeff${json}`, badClaims),
  saysText('a payload with more behind it', (json) => `${json} {"role":"vault_auditor"}`, badClaims),
  saysText('a payload with a comment', (json) => `/**/${json}`, badClaims),
  saysText('a payload with half a surrogate pair', (json) => json.replace('{', '{"x":"\\ud800",'), badClaims),
  {
    name: 'a token in a token',
    token: ({ key }) => {
      const inner = rawToken(key, headerOf(key), { ...honest(), role: 'vault_auditor' });
      return rawToken(key, { ...headerOf(key), cty: 'JWT' }, inner);
    },
    answer: badClaims,
  },
];

const nested = (depth: number) => `{"x":${'['.repeat(depth)}${']'.repeat(depth)},`;

/** The header lines of a request may have 50 KB together (warp's limit). */
const sizes: readonly HostileToken[] = [
  says('10 KB of claims', { more: 'x'.repeat(10_000) }, 'user one'),
  says('25 KB of claims', { more: 'x'.repeat(25_000) }, 'user one'),
  says('100 KB of claims', { more: 'x'.repeat(100_000) }, tooLong),
  says('1 MB of claims', { more: 'x'.repeat(1_000_000) }, tooLong),
  says('2,000 claims', Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`c${index}`, 1])), 'user one'),
  saysText('claims 3,000 deep', (json) => json.replace('{', nested(3000)), 'user one'),
  saysText('claims 10,000 deep', (json) => json.replace('{', nested(10_000)), 'user one'),
  saysText('claims 100,000 deep', (json) => json.replace('{', nested(100_000)), tooLong),
];

/** How it is cut, encoded and packed, and how large it is. */
export const encodingTokens: readonly HostileToken[] = [...parts, ...encodings, ...contents, ...sizes];
