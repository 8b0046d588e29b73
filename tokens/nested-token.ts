import { isDeepStrictEqual } from 'node:util';
import { isBase64url } from './base64url.ts';
import { readPart } from './read-token.ts';
import type { TokenProblem } from './token-problem.ts';

/** Length of the longest encrypted token: nginx reads header lines of up to 8 KB. */
export const MAX_CHARACTERS = 8000;

/** The one content encryption (RFC 7518, 5.3). */
export const CONTENT_ENCRYPTION = 'A256GCM' as const;

/** Signature algorithms that some PostgREST knows. */
export const SIGNATURE_ALGORITHM = /^((HS|RS|ES|PS)(256|384|512)|EdDSA|ES256K)$/;

export const NOT_ENCRYPTED: TokenProblem = {
  code: 'not_encrypted',
  problem: 'it is not encrypted, and has to be',
  fix: 'have it encrypted to a key that is in use',
};

/** Claims that a header may repeat (RFC 7519, 5.3). */
const REPEATED = ['iss', 'sub', 'aud'];

/** The header of an encrypted token (RFC 7516, compact), which nothing protects yet; undefined for any other token. */
export function encryptionHeader(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.', 6);
  return parts.length === 5 ? readPart(parts[0]!)?.value : undefined;
}

/**
 * Tells why a text may not be what an encrypted token holds: a signed token, with the claims that the header repeats. Nobody has
 * checked its signature.
 */
export function innerProblem(
  text: string,
  outerHeader: Readonly<Record<string, unknown>> = {},
): TokenProblem | undefined {
  const parts = text.split('.', 6);
  if (parts.length === 5 && encryptionHeader(text)) {
    return { code: 'malformed', problem: 'it is encrypted more than once', fix: 'encrypt the signed token once' };
  }
  const [header, claims] = parts.slice(0, 2).map(readPart);
  const isSigned =
    parts.length === 3 &&
    parts.every((part) => part !== '' && isBase64url(part)) &&
    SIGNATURE_ALGORITHM.test(String(header?.value['alg']));
  if (!isSigned || !claims) {
    return { code: 'unsigned', problem: 'what is encrypted is no signed token', fix: 'sign it, and then encrypt it' };
  }
  const differing = REPEATED.find(
    (name) => outerHeader[name] !== undefined && !isDeepStrictEqual(outerHeader[name], claims.value[name]),
  );
  if (differing === undefined) return undefined;
  const problem = `"${differing}" of its header is not that of its claims`;
  return { code: 'ambiguous', problem, fix: 'have it made anew' };
}
