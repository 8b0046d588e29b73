import { refuse } from '../errors/secured-postgrest-error.ts';
import { epochSeconds } from '../tokens/epoch-seconds.ts';
import type { TokenOptions } from '../tokens/index.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Options of a signer whose token has these claims, the registered ones (RFC 7519, 4.1) included. */
export function tokenOptions(all: Claims, time: Date | undefined): Omit<TokenOptions, 'role'> {
  const { iss, aud, sub, jti, iat, exp, nbf, ...others } = all;
  // The role is asked for by itself.
  const claims = Object.fromEntries(Object.entries(others).filter(([name]) => name !== 'role'));
  const issued = seconds('iat', iat);
  const expires = seconds('exp', exp);
  // A token that has expired was issued before that.
  const now = issued ?? Math.min(epochSeconds(time), expires === undefined ? Infinity : expires - 1);
  return defined({
    claims,
    issuer: text('iss', iss),
    audience: audience(aud),
    subject: text('sub', sub),
    tokenId: text('jti', jti),
    now: issued === undefined && expires === undefined ? time : new Date(now * 1000),
    expiresIn: expires && expires - now,
    notBefore: nbf === undefined ? undefined : new Date(seconds('nbf', nbf)! * 1000),
  });
}

/** Claims of a token that was decoded name its role as well, which has to be the one that is asked for. */
export function checkRole(role: string, claims: Claims): void {
  const named = claims['role'];
  if (named === undefined || named === role) return;
  refuse('invalid_token_claim', 'claims.role', `${JSON.stringify(named)} is not "${role}"`, 'ask for one role');
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  return wrong(name, value, `write it as text, such as "sample"`);
}

function audience(value: unknown): string | readonly string[] | undefined {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  return text('aud', value);
}

function seconds(name: string, value: unknown): number | undefined {
  if (value === undefined || Number.isSafeInteger(value)) return value as number | undefined;
  return wrong(name, value, 'write whole seconds since 1970');
}

function wrong(name: string, value: unknown, fix: string): never {
  return refuse('invalid_token_claim', `claims.${name}`, `${JSON.stringify(value)} cannot be a token's ${name}`, fix);
}

/** Without what is undefined, so that it takes no other value's place. */
function defined<T extends object>(options: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
