import { answers, since13 } from '../../support/embedded-postgrest.ts';
import { bent, headed, honest, says, saysText, tooLong, type HostileToken } from './hostile-token.ts';
import { encode, headerOf, rawToken, signText } from './raw-token.ts';

const parts: readonly HostileToken[] = [
  { name: 'text', token: () => 'open-sesame', answer: answers.wrongParts },
  bent('cut within the header', (token) => token.slice(0, 10), answers.wrongParts),
  bent('cut after the header', (_, [header]) => header, answers.wrongParts),
  bent('cut before the payload', (_, [header]) => `${header}.`, answers.wrongParts),
  bent('cut within the payload', (_, [header, payload]) => `${header}.${payload.slice(0, 20)}`, answers.wrongParts),
  bent('without the last dot', (_, [header, payload]) => `${header}.${payload}`, answers.wrongParts),
  bent('cut before the signature', (_, [header, payload]) => `${header}.${payload}.`, answers.wrongSignature),
  // What is left may be base64url or not.
  bent('cut within the signature', (token) => token.slice(0, -4), answers.badSignature),
  bent('one character more', (token) => `${token}A`, answers.badSignature),
  bent('a fourth part', (token) => `${token}.AAAA`, answers.wrongParts),
  bent('five parts', (token) => `${token}.AAAA.AAAA`, answers.wrongParts),
  {
    name: 'a JWE',
    token: () => [encode({ alg: 'dir', enc: 'A128GCM' }), '', 'AAAAAAAAAAAAAAAA', encode(honest()), 'AAAA'].join('.'),
    answer: answers.wrongParts,
  },
  bent('dots only', () => '..', answers.badHeader),
  bent('an empty header', (_, [, payload, signature]) => `.${payload}.${signature}`, answers.badHeader),
  bent(
    'an empty payload under the signature',
    (_, [header, , signature]) => `${header}..${signature}`,
    since13(answers.badClaims, answers.wrongSignature),
  ),
  bent('two tokens, with a comma', (token) => `${token}, ${token}`, answers.wrongParts),
];

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Says the same bytes with another last character. */
const stray = (text: string) => text.slice(0, -1) + ALPHABET[ALPHABET.indexOf(text.at(-1)!) + 1];
const strayTail = (
  length: 'short' | 'long',
  fits: (kty: string) => boolean,
  answer: HostileToken['answer'],
): HostileToken => ({
  name: `stray bits at the end of a ${length} signature`,
  token: ({ key }) => (fits(key.kty) ? stray(rawToken(key, headerOf(key), honest())) : undefined),
  answer,
});
/** As JSON with so many spaces that its last character has unused bits. */
const padded = (part: object) => {
  const json = JSON.stringify(part);
  return json + ' '.repeat((4 - (json.length % 3)) % 3);
};

const encodings: readonly HostileToken[] = [
  bent('padded with =', (token) => `${token}==`, answers.badEncoding),
  bent(
    'its payload padded',
    (_, [header, payload, signature]) => `${header}.${payload}=.${signature}`,
    answers.badEncoding,
  ),
  bent(
    'the signature in the standard alphabet',
    (_, [header, payload, signature]) => [header, payload, `+/${signature.slice(2)}`].join('.'),
    answers.badEncoding,
  ),
  // Of a long one it is the signature that is found wrong.
  strayTail('short', (kty) => kty !== 'RSA', since13(answers.badSignature, 'user one')),
  strayTail('long', (kty) => kty === 'RSA', answers.badSignature),
  {
    name: 'stray bits at the end of the header, signed well',
    token: ({ key }) => signText(key, `${stray(encode(padded(headerOf(key))))}.${encode(honest())}`),
    answer: since13(answers.badEncoding, 'user one'),
  },
  {
    name: 'stray bits at the end of the payload, signed well',
    token: ({ key }) => signText(key, `${encode(headerOf(key))}.${stray(encode(padded(honest())))}`),
    answer: since13(answers.badEncoding, 'user one'),
  },
  bent('a tab within', (_, [header, payload, signature]) => `${header}.\t${payload}.${signature}`, answers.badEncoding),
  bent('quoted', (token) => `"${token}"`, answers.badEncoding),
  bent('percent-encoded dots', (token) => token.replaceAll('.', '%2E'), answers.wrongParts),
  bent('as standard base64', (token) => Buffer.from(token).toString('base64'), answers.wrongParts),
  bent(
    'in JSON serialization (RFC 7515, 7.2)',
    (_, [header, payload, signature]) => JSON.stringify({ payload, protected: header, signature }),
    answers.wrongParts,
  ),
];

/** Signed well, whatever it is. */
const contents: readonly HostileToken[] = [
  headed('a header that is no JSON', () => 'alg', answers.badHeader),
  headed('a header that is a list', () => [], answers.badHeader),
  headed('a header that is not UTF-8', () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), answers.badHeader),
  says('an empty payload', () => '', answers.badClaims),
  says('a payload that is no JSON', () => 'role=vault_auditor', answers.badClaims),
  says('a payload that is a list', () => [honest()], answers.badClaims),
  says('a payload that is a number', () => '1', answers.badClaims),
  says('a payload that is null', () => 'null', answers.badClaims),
  says('a payload that is text', () => '"vault_auditor"', answers.badClaims),
  saysText(
    'a payload that is not UTF-8',
    (json) => Buffer.from(json.replace('vault_user', 'vault_user\xff\xfe'), 'latin1'),
    answers.badClaims,
  ),
  saysText('a payload in UTF-16', (json) => Buffer.from(json, 'utf16le'), answers.badClaims),
  saysText('a payload with a byte order mark', (json) => `\ufeff${json}`, answers.badClaims),
  saysText('a payload with more behind it', (json) => `${json} {"role":"vault_auditor"}`, answers.badClaims),
  saysText('a payload with a comment', (json) => `/**/${json}`, answers.badClaims),
  saysText('a payload with half a surrogate pair', (json) => json.replace('{', '{"x":"\\ud800",'), answers.badClaims),
  {
    name: 'a token in a token',
    token: ({ key }) => {
      const inner = rawToken(key, headerOf(key), { ...honest(), role: 'vault_auditor' });
      return rawToken(key, { ...headerOf(key), cty: 'JWT' }, inner);
    },
    answer: answers.badClaims,
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
