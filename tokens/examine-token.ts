import { readClaim } from '../declaration/claims.ts';
import { didYouMean } from '../errors/did-you-mean.ts';
import type { TokenProblem } from './token-problem.ts';
import { compactVerify, importJWK, type JWK } from 'jose';
import type { Declaration, JsonWebKeySet, Revocation } from '../declaration/types.ts';
import { providerOf } from '../declaration/keys/provider.ts';
import { isBase64url } from './base64url.ts';
import { claimWarnings } from './claim-warnings.ts';
import { CLOCK_SKEW_S } from './clock-skew.ts';
import { examineProviderToken } from './examine-provider-token.ts';
import type { DecryptionKey } from './keys/private-key.ts';
import { encryptionHeader, NOT_ENCRYPTED, SIGNATURE_ALGORITHM } from './nested-token.ts';
import { openToken } from './open-token.ts';
import { moment, readPart, type TokenPart } from './read-token.ts';
import { show } from './show.ts';

export interface TokenExamination {
  /** The readable header of the encryption; absent where the token is merely signed. */
  readonly encryption?: Readonly<Record<string, unknown>>;
  /** The readable part of the header. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** The readable claims. Do not trust them if the signature is wrong. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Every reason against it; none: requests with it are served as `role`. */
  readonly problems: readonly TokenProblem[];
  /** A claim of an accepted token that does not fit the policies of its role. The token reaches fewer rows. */
  readonly warnings: readonly TokenProblem[];
  /** The database role of requests with it; absent where they are refused. */
  readonly role?: string;
}

export interface ExamineOptions {
  /** The moment that counts. @default the current time */
  readonly now?: Date;
  /** PostgREST's version: 13 and later reject an unknown `kid`. @default the declared one */
  readonly version?: string;
  /** Keys that decrypt tokens, where the declaration accepts encrypted ones. @default none */
  readonly decryptionKeys?: readonly DecryptionKey[];
}

/** The header lines of a request may have 50 KB together (the limit of PostgREST's web server). */
const MAX_BYTES = 50_000;
/** RFC 7519, 2: text with a colon in it has to be a URI. */
const STRING_OR_URI = /^[^:]*$|^[A-Za-z][A-Za-z0-9+.-]*:[^\s]*$/;

/**
 * Tells whether the declared server would serve requests with a token, and if not, why: the opener's checks of an encrypted
 * token, PostgREST's own, and those of the declaration's check before each request. What two readers could understand differently counts as refused.
 *
 * @param keySet what the server verifies with, such as from `loadVerificationKeys`
 * @example
 * const keySet = loadVerificationKeys(declaration.keys, '.secrets/todos/keys');
 * const { problems, role } = await examineToken('eyJhbGciOi...', declaration, keySet);
 * console.log(role ?? problems.map(({ problem }) => problem).join('; '));
 */
export async function examineToken(
  token: string,
  declaration: Declaration,
  keySet: JsonWebKeySet,
  { decryptionKeys, ...options }: ExamineOptions = {},
): Promise<TokenExamination> {
  const encryption = encryptionHeader(token);
  if (!encryption) {
    const examined = await examineSigned(token, declaration, keySet, options);
    return declaration.tokens.encryption === 'required' ? withProblem(examined, NOT_ENCRYPTED) : examined;
  }
  if (!declaration.tokens.encryption) {
    return { encryption, ...refused('encrypted', 'it is encrypted, and none such is accepted', 'send a signed one') };
  }
  if (!decryptionKeys) {
    return {
      encryption,
      ...refused('encrypted', 'it is encrypted, and no key is at hand', 'name the encryption keys'),
    };
  }
  const { token: signed, problem } = await openToken(token, decryptionKeys);
  if (signed === undefined) return { encryption, problems: problem ? [problem] : [], warnings: [] };
  return { encryption, ...(await examineSigned(signed, declaration, keySet, options)) };
}

function withProblem({ header, claims, problems }: TokenExamination, added: TokenProblem): TokenExamination {
  return { ...(header && { header }), ...(claims && { claims }), problems: [...problems, added], warnings: [] };
}

async function examineSigned(
  token: string,
  declaration: Declaration,
  keySet: JsonWebKeySet,
  { now = new Date(), version = declaration.server.version }: Omit<ExamineOptions, 'decryptionKeys'>,
): Promise<TokenExamination> {
  const parts = token.split('.');
  if (parts.length !== 3) {
    return refused(
      'malformed',
      `it has ${count(parts.length, 'part')}, not 3`,
      'copy the token whole, without "Bearer"',
    );
  }
  if (token.length > MAX_BYTES) {
    return refused(
      'malformed',
      `its ${token.length} characters do not fit the header of a request`,
      'put less into it',
    );
  }
  if (!parts.every(isBase64url)) {
    return refused('malformed', 'a part of it is not base64url', 'copy the token again, whole and without quotes');
  }
  const header = readPart(parts[0]!);
  const claims = readPart(parts[1]!);
  const wrongHeader = headerProblems(header);
  const given = claims && examineRole(claims.value, declaration);
  const problems = [
    // What the header says decides how a signature is read.
    ...(wrongHeader.length > 0 ? wrongHeader : await signatureProblems(token, header!.value, keySet, version)),
    ...(claims ? claimProblems(claims, declaration, now, version) : [malformed('its claims are no JSON object')]),
    ...(given?.problems ?? []),
  ];
  const role = given?.role;
  const isServed = problems.length === 0 && role !== undefined;
  return {
    ...(header && { header: header.value }),
    ...(claims && { claims: claims.value }),
    problems,
    warnings: isServed && claims ? claimWarnings(claims.value, role, declaration) : [],
    ...(isServed && { role }),
  };
}

function headerProblems(header: TokenPart | undefined): TokenProblem[] {
  if (!header) return [malformed('its header is no JSON object')];
  const { alg, crit, kid, typ, x5c, x5t } = header.value;
  const unsupported = (problem: string) => ({
    code: 'unsupported_header' as const,
    problem,
    fix: 'have it signed anew',
  });
  return [
    ...header.twice.map((name) => ambiguous(`"${name}" of its header`)),
    ...(header.unreadable === undefined ? [] : [malformed(`its header holds ${header.unreadable}`)]),
    ...(alg === 'none'
      ? [problem('unsigned', 'it is not signed (alg "none")', 'have it signed')]
      : typeof alg === 'string' && SIGNATURE_ALGORITHM.test(alg)
        ? []
        : [unsupported(`alg ${show(alg)} is no signature algorithm that PostgREST knows`)]),
    ...(crit === undefined ? [] : [unsupported('it asks for extensions (crit) that PostgREST has not')]),
    ...(x5c === undefined && x5t === undefined ? [] : [unsupported('it brings a certificate (x5c, x5t)')]),
    ...Object.entries({ kid, typ })
      .filter(([, value]) => value !== undefined && typeof value !== 'string')
      .map(([name, value]) => unsupported(`${name} ${show(value)} is no text`)),
  ];
}

/** From 13 on, `kid` has to name a key, and an `exp` beyond 64 bits counts as expired. */
const isStrict = (version: string) => Number.parseInt(version, 10) >= 13;

async function signatureProblems(
  token: string,
  { alg, kid }: TokenPart['value'],
  { keys }: JsonWebKeySet,
  version: string,
): Promise<TokenProblem[]> {
  const named = keys.filter((key) => key['kid'] === kid);
  const candidates = kid !== undefined && isStrict(version) ? named : keys;
  for (const key of candidates) if (await isSignedBy(token, String(alg), key)) return [];
  if (kid !== undefined && named.length === 0) {
    const known = keys.map((key) => show(key['kid'])).join(', ');
    return [
      problem(
        'unknown_key',
        `its key ${show(kid)} is none of the trusted ones (${known})`,
        'deploy the key, or have it signed anew',
      ),
    ];
  }
  return [
    problem(
      'wrong_signature',
      `none of the ${candidates.length} trusted keys has made its signature`,
      'have it signed anew',
    ),
  ];
}

async function isSignedBy(token: string, alg: string, jwk: Readonly<Record<string, unknown>>): Promise<boolean> {
  if (jwk['alg'] !== undefined && jwk['alg'] !== alg) return false;
  try {
    await compactVerify(token, await importJWK(jwk as JWK, alg), { algorithms: [alg] });
    return true;
  } catch {
    return false;
  }
}

function claimProblems(
  { value: claims, twice, fractions, unreadable }: TokenPart,
  { tokens, anonymous, keys }: Declaration,
  now: Date,
  version: string,
): TokenProblem[] {
  const seconds = now.getTime() / 1000;
  const { exp, nbf, iat, iss, sub, aud } = claims;
  const times = Object.entries({ exp, nbf, iat }).filter(
    ([name, time]) => isThere(time) && (typeof time !== 'number' || fractions.includes(name)),
  );
  const texts = Object.entries({ iss, sub }).filter(([, text]) => isThere(text) && !isStringOrUri(text));
  const invalid = (text: string) => problem('invalid_claim', text, 'correct the issuer of the tokens');
  const after = (time: unknown, limit: number): time is number => typeof time === 'number' && time > limit;
  return [
    ...twice.map((name) => ambiguous(`the claim "${name}"`)),
    ...(unreadable === undefined ? [] : [invalid(`its claims hold ${unreadable}`)]),
    ...times.map(([name, time]) => invalid(`${name} ${show(time)} is no time: whole seconds since 1970, as a number`)),
    ...(typeof exp === 'number' && exp >= 2 ** 63 && isStrict(version)
      ? [invalid(`exp ${exp} is more than PostgREST ${version} reads`)]
      : []),
    ...texts.map(([name, text]) => invalid(`${name} ${show(text)} is neither a text nor a URI`)),
    ...(isThere(aud) && !audiences(aud).every(isStringOrUri)
      ? [invalid(`aud ${show(aud)} is neither a text nor a list of texts`)]
      : []),
    ...(typeof exp === 'number' && exp <= seconds - CLOCK_SKEW_S
      ? [problem('expired', `it expired ${ago(seconds - exp)} ago (${moment(exp)})`, 'get a new one')]
      : []),
    ...(after(nbf, seconds + CLOCK_SKEW_S)
      ? [
          problem(
            'not_yet_valid',
            `it counts only from ${moment(nbf)} on, in ${ago(nbf - seconds)}`,
            'wait, or compare the clocks',
          ),
        ]
      : []),
    ...(after(iat, seconds + CLOCK_SKEW_S)
      ? [problem('not_yet_valid', `it was issued in the future (${moment(iat)})`, 'compare the clocks')]
      : []),
    ...(saysNothing(claims, anonymous, keys)
      ? []
      : [
          ...requiredProblems(claims, tokens, seconds),
          ...(providerOf(keys) ? [] : issuerProblems(claims, tokens)),
          ...(tokens.revocation ? revocationProblems(claims, tokens.revocation) : []),
        ]),
  ];
}

/** PostgREST makes such claims for a request without a token: the check before each request cannot tell them apart. */
function saysNothing(
  claims: TokenPart['value'],
  anonymous: Declaration['anonymous'],
  keys: Declaration['keys'],
): boolean {
  const { role = anonymous?.name, ...others } = claims;
  const isAnonymous = anonymous !== undefined && (role === anonymous.name || providerOf(keys) !== undefined);
  return isAnonymous && Object.keys(others).length === 0;
}

/** Checks the claims that the declaration requires of every issuer's tokens. */
function requiredProblems(
  claims: TokenPart['value'],
  { requiredClaims, maximumAgeSeconds }: Declaration['tokens'],
  seconds: number,
): TokenProblem[] {
  const { iat } = claims;
  const oldest = seconds - (maximumAgeSeconds ?? Infinity) - CLOCK_SKEW_S;
  return [
    ...requiredClaims
      .filter((name) => !isThere(claims[name]))
      .map((name) => problem('missing_claim', `the claim "${name}" is missing`, 'have it put into the token')),
    ...(maximumAgeSeconds !== undefined && !(typeof iat === 'number' && iat >= oldest)
      ? [
          problem(
            'too_old',
            typeof iat === 'number'
              ? `it was issued ${ago(seconds - iat)} ago`
              : 'it does not say when it was issued (iat)',
            `get one that is not older than ${ago(maximumAgeSeconds)}`,
          ),
        ]
      : []),
  ];
}

function issuerProblems({ iss, aud }: TokenPart['value'], tokens: Declaration['tokens']): TokenProblem[] {
  return [
    ...(tokens.issuer !== undefined && iss !== tokens.issuer
      ? [
          problem(
            'wrong_issuer',
            `its issuer is ${show(iss)}, not "${tokens.issuer}"`,
            'get one from the declared issuer',
          ),
        ]
      : []),
    ...(tokens.audience !== undefined && !audiences(aud).includes(tokens.audience)
      ? [problem('wrong_audience', `it is for ${show(aud)}, not for "${tokens.audience}"`, 'ask for one for this API')]
      : []),
  ];
}

/** Checks the claims that a revocation needs. Only the database knows if the token is revoked. */
function revocationProblems(claims: TokenPart['value'], { subject }: Revocation): TokenProblem[] {
  const name = subject.join('.');
  const about = readClaim(claims, subject);
  const { jti } = claims;
  return [
    ...(isThere(jti) && typeof jti !== 'string'
      ? [problem('invalid_claim', `jti ${show(jti)} is no text`, 'correct the issuer of the tokens')]
      : []),
    ...(isThere(about) || subject.length === 1
      ? []
      : [problem('missing_claim', `the claim "${name}" is missing`, 'have it put into the token')]),
    ...(isThere(about) && !['string', 'number'].includes(typeof about)
      ? [
          problem(
            'invalid_claim',
            `${name} ${show(about)} is neither a text nor a number`,
            'correct the issuer of the tokens',
          ),
        ]
      : []),
  ];
}

function examineRole(claims: TokenPart['value'], declaration: Declaration) {
  if (providerOf(declaration.keys)) return examineProviderToken(claims, declaration);
  const role = claims['role'] ?? declaration.anonymous?.name;
  return { problems: roleProblems(claims, declaration), ...(typeof role === 'string' && { role }) };
}

function roleProblems({ role }: TokenPart['value'], { users, anonymous }: Declaration): TokenProblem[] {
  if (role === undefined) {
    return anonymous
      ? []
      : [
          problem(
            'no_anonymous_role',
            'it names no role, and there is no anonymous one',
            'have the claim "role" put into it',
          ),
        ];
  }
  const names = [...users, ...(anonymous ? [anonymous] : [])].map(({ name }) => name);
  if (typeof role === 'string' && names.includes(role)) return [];
  const near = typeof role === 'string' ? didYouMean(role, names) : '';
  return [problem('unknown_role', `the role ${show(role)} is not declared${near}`, `use one of ${names.join(', ')}`)];
}

function audiences(aud: unknown): unknown[] {
  return Array.isArray(aud) ? aud : [aud];
}

function isStringOrUri(value: unknown): boolean {
  return typeof value === 'string' && STRING_OR_URI.test(value);
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function refused(...described: Parameters<typeof problem>): TokenExamination {
  return { problems: [problem(...described)], warnings: [] };
}

function problem(code: TokenProblem['code'], text: string, fix: string): TokenProblem {
  return { code, problem: text, fix };
}

function malformed(text: string): TokenProblem {
  return problem('malformed', text, 'copy the token again, or have it made anew');
}

function ambiguous(what: string): TokenProblem {
  return problem(
    'ambiguous',
    `${what} is there twice: PostgREST takes the first, others the last`,
    'have it made anew',
  );
}

/** A span of time in its largest unit. */
function ago(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ] as const;
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? units[3];
  return count(Math.floor(seconds / size), unit);
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}
