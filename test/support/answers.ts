import type { ErrorAnswer } from './access/access-case.ts';

/** A rejection, with its status. */
export interface Refusal extends ErrorAnswer {
  readonly status: number;
}

/** What a version of PostgREST answers to a token that it rejects itself. */
export interface TokenAnswers {
  readonly expired: Refusal;
  readonly notYetValid: Refusal;
  readonly issuedInFuture: Refusal;
  readonly otherAudience: Refusal;
  /** A list of audiences with nothing in it. */
  readonly noAudience: Refusal;
  /** The algorithm `none`. */
  readonly unsigned: Refusal;
  readonly wrongSignature: Refusal;
  /** Not three parts. */
  readonly wrongParts: Refusal;
  readonly badHeader: Refusal;
  readonly badEncoding: Refusal;
  /** A signature that is cut or has too much: wrong, or no base64url. */
  readonly badSignature: Refusal;
  /** A payload that is no JSON object, or a registered claim of a wrong type. */
  readonly badClaims: Refusal;
  readonly noSuchRole: Refusal;
}

const rejected = (code: string, message: string | RegExp, details?: RegExp): Refusal => ({
  status: 401,
  code,
  message,
  ...(details && { details }),
});

/** Rejection by the check before each request, the same on every version. */
export const unfit = (details: string): Refusal => ({
  ...rejected('PT401', 'the token is not valid here'),
  details,
});

const noSuchRole = (status: number): Refusal => ({ status, code: '22023', message: /^role ".*" does not exist$/s });

const VERSION_12: TokenAnswers = {
  expired: rejected('PGRST301', 'JWT expired'),
  notYetValid: rejected('PGRST301', 'JWTNotYetValid'),
  issuedInFuture: rejected('PGRST301', 'JWTIssuedAtFuture'),
  otherAudience: rejected('PGRST301', 'JWTNotInAudience'),
  noAudience: rejected('PGRST301', 'JWTNotInAudience'),
  unsigned: rejected('PGRST301', 'JWSError JWSNoSignatures'),
  wrongSignature: rejected('PGRST301', 'JWSError JWSInvalidSignature'),
  wrongParts: rejected(
    'PGRST301',
    /^JWSError \(CompactDecodeError Invalid number of parts: Expected 3 parts; got \d\)$/,
  ),
  badHeader: rejected('PGRST301', /^JWSError \(JSONDecodeError /),
  badEncoding: rejected('PGRST301', 'JWSError (JSONDecodeError "Not valid base64url")'),
  badSignature: rejected('PGRST301', /^JWSError /),
  badClaims: rejected('PGRST301', /^JWTClaimsSetDecodeError /),
  noSuchRole: noSuchRole(400),
};

const NO_KEY = 'No suitable key or wrong key type';
const UNREADABLE = 'JWT cryptographic operation failed';

/** 14.17 and 16.2 answer the same. */
const VERSION_13: TokenAnswers = {
  expired: rejected('PGRST303', 'JWT expired'),
  notYetValid: rejected('PGRST303', 'JWT not yet valid'),
  issuedInFuture: rejected('PGRST303', 'JWT issued at future'),
  otherAudience: rejected('PGRST303', 'JWT not in audience'),
  noAudience: unfit('the token is for another audience'),
  unsigned: rejected(
    'PGRST301',
    'Wrong or unsupported encoding algorithm',
    /^JWT is unsecured but expected 'alg' was not 'none'$/,
  ),
  wrongSignature: rejected(
    'PGRST301',
    NO_KEY,
    /^(No suitable key was found|None of the keys was able) to decode the JWT$/,
  ),
  wrongParts: rejected('PGRST301', /^Expected 3 parts in JWT; got \d$/),
  badHeader: rejected('PGRST301', UNREADABLE),
  badEncoding: rejected('PGRST301', UNREADABLE),
  badSignature: rejected(
    'PGRST301',
    new RegExp(`^(${NO_KEY}|${UNREADABLE})$`),
    /^(None of the keys was able to decode the JWT|null)$/,
  ),
  badClaims: rejected('PGRST303', /^(Parsing claims failed|The JWT '\w+' claim must be .*)$/),
  noSuchRole: noSuchRole(401),
};

/** Reads the major version of PostgREST, such as 16 of `16.2`. */
export const majorOf = (version: string): number => Number.parseInt(version, 10);

/** What a version of PostgREST, such as `16.2`, answers to tokens. */
export function tokenAnswers(version: string): TokenAnswers {
  return majorOf(version) < 13 ? VERSION_12 : VERSION_13;
}
