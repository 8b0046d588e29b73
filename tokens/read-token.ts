import { refuse } from '../errors/secured-postgrest-error.ts';
import { readJson, type ReadJson } from './read-json.ts';

/** Content of a token whose signature was not checked. */
export interface TokenContent {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The claims that are times (`iat`, `nbf`, `exp`), in ISO 8601. */
  readonly times: Readonly<Record<string, string>>;
}

/** A header or claims: an object. */
export interface TokenPart extends ReadJson {
  readonly value: Readonly<Record<string, unknown>>;
}

const TIMES = ['iat', 'nbf', 'exp'];
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a token (RFC 7519, compact) without checking anything.
 *
 * @throws SecuredPostgrestError `unreadable_token`
 * @example
 * console.log(readToken('eyJhbGciOi...').claims.role);
 */
export function readToken(token: string): TokenContent {
  const [header, claims] = token.split('.').slice(0, 2).map(readPart);
  if (!header || !claims) {
    refuse('unreadable_token', 'token', 'it is no signed JWT', 'copy it whole, without "Bearer" and quotes');
  }
  const times = Object.entries(claims.value).filter(([name, time]) => TIMES.includes(name) && typeof time === 'number');
  return {
    header: header.value,
    claims: claims.value,
    times: Object.fromEntries(times.map(([name, time]) => [name, moment(time as number)])),
  };
}

/** One part of a token; undefined where it is no object. */
export function readPart(part: string): TokenPart | undefined {
  let text: string;
  try {
    text = UTF8.decode(Buffer.from(part, 'base64url'));
  } catch {
    return undefined;
  }
  const read = readJson(text);
  if (typeof read?.value !== 'object' || read.value === null || Array.isArray(read.value)) return undefined;
  return { ...read, value: read.value as Readonly<Record<string, unknown>> };
}

/** Seconds since 1970 in ISO 8601; what is beyond all dates stays a number. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
