import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { importJWK, SignJWT, type JWK } from 'jose';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { epochSeconds } from './epoch-seconds.ts';
import type { SigningKey } from './keys/private-key.ts';

/** Claims that have an option of their own. */
const OPTIONS: Readonly<Record<string, keyof TokenOptions>> = {
  role: 'role',
  iss: 'issuer',
  aud: 'audience',
  sub: 'subject',
  exp: 'expiresIn',
  nbf: 'notBefore',
  iat: 'now',
  jti: 'tokenId',
};

/** Claims of a new token. */
export interface TokenOptions {
  /** The database role that requests with this token run as (`role`). */
  readonly role: string;
  /** Further claims, JSON values only; policies read them. @default none */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Issuer of the token (`iss`). @default none */
  readonly issuer?: string;
  /** For whom it is (`aud`). @default none */
  readonly audience?: string | readonly string[];
  /** Whom it is about (`sub`). @default none */
  readonly subject?: string;
  /** Lifetime in whole seconds from `now` (`exp`). @default 3600 */
  readonly expiresIn?: number;
  /** First moment at which it counts (`nbf`). @default none: at once */
  readonly notBefore?: Date;
  /** Name of this one token (`jti`), for revocation. @default a random UUID */
  readonly tokenId?: string;
  /** When it is issued (`iat`). @default the current time */
  readonly now?: Date;
}

/**
 * Signs a token that PostgREST accepts: a compact JWT with `alg`, `typ` and, where the key has one, `kid`.
 *
 * @throws SecuredPostgrestError `invalid_token_claim`; `unreadable_key` when the key cannot sign
 * @example
 * const token = await signToken(key, { role: 'todo_user', claims: { user_id: 7 }, expiresIn: 600 });
 */
export async function signToken(key: SigningKey, options: TokenOptions): Promise<string> {
  const {
    role,
    claims = {},
    issuer,
    audience,
    subject,
    expiresIn = 3600,
    notBefore,
    tokenId = randomUUID(),
    now = new Date(),
  } = options;
  if (typeof role !== 'string' || role === '') {
    refuse('invalid_token_claim', 'role', 'a token without a role', 'name a role of the declaration');
  }
  if (!Number.isSafeInteger(expiresIn) || expiresIn <= 0) {
    refuse('invalid_token_claim', 'expiresIn', `${expiresIn} is no lifetime`, 'give whole seconds, at least 1');
  }
  checkClaims(claims);
  const issuedAt = seconds(now, 'now');
  const jwt = new SignJWT({
    ...claims,
    role,
    jti: tokenId,
    iat: issuedAt,
    exp: issuedAt + expiresIn,
    ...(notBefore !== undefined && { nbf: seconds(notBefore, 'notBefore') }),
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: typeof audience === 'string' ? audience : [...audience] }),
    ...(subject !== undefined && { sub: subject }),
  }).setProtectedHeader({ alg: key.alg, typ: 'JWT', ...(key.kid !== undefined && { kid: key.kid }) });
  try {
    return await jwt.sign(await importJWK(key as JWK, key.alg));
  } catch {
    // The cause may show members of the key.
    return refuse('unreadable_key', `key ${key.kid ?? ''}`.trim(), `cannot sign with ${key.alg}`, 'give a private key');
  }
}

function checkClaims(claims: Readonly<Record<string, unknown>>): void {
  for (const [name, option] of Object.entries(OPTIONS)) {
    if (!Object.hasOwn(claims, name)) continue;
    refuse('invalid_token_claim', `claims.${name}`, `${name} has its own option`, `use the option ${option}`);
  }
  const changed = Object.keys(claims).find((name) => !isJson(claims[name]));
  if (changed !== undefined) {
    refuse(
      'invalid_token_claim',
      `claims.${changed}`,
      'not a JSON value',
      'give text, numbers, booleans, lists, objects',
    );
  }
}

/** Tests if a value comes back from JSON as it was, so that the token says what was meant. */
function isJson(value: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value);
  } catch {
    return false;
  }
}

function seconds(date: Date, place: string): number {
  const value = epochSeconds(date);
  if (Number.isNaN(value)) refuse('invalid_token_claim', place, 'not a date', 'give a valid Date');
  return value;
}
