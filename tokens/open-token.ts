import { compactDecrypt, type JWK } from 'jose';
import { ENCRYPTION_ALGORITHMS } from '../declaration/keys/key-set.ts';
import { isObject } from '../declaration/is-object.ts';
import { isBase64url } from './base64url.ts';
import type { DecryptionKey } from './keys/private-key.ts';
import { CONTENT_ENCRYPTION, innerProblem, MAX_CHARACTERS } from './nested-token.ts';
import { readPart, type TokenPart } from './read-token.ts';
import { show } from './show.ts';
import type { TokenProblem } from './token-problem.ts';

type Header = TokenPart['value'];

export interface TokenOpening {
  /** The signed token inside, whose signature nobody has checked yet; absent where there is a problem. */
  readonly token?: string;
  /** The readable header of the encryption. */
  readonly header?: Header;
  /** Why it is refused. */
  readonly problem?: TokenProblem;
}

/** Lengths in characters of the initialization vector (96 bits) and the tag (128 bits) of A256GCM (RFC 7518, 5.3). */
const IV_CHARACTERS = 16;
const TAG_CHARACTERS = 22;

/** `JWT` (RFC 7519, 5.2), and `at+jwt` for access tokens (RFC 9068). */
const CONTENT_TYPE = /^(application\/)?(at\+)?jwt$/i;

/** Members of a header that no token needs, and what each would have an opener do. */
const REFUSED: Readonly<Record<string, string>> = {
  zip: 'it is compressed (zip)',
  crit: 'it asks for extensions (crit)',
  p2c: 'its key comes from a password (p2c)',
  p2s: 'its key comes from a password (p2s)',
};

/**
 * Decrypts a nested token: RFC 7516 in its compact form, with ECDH-ES+A256KW or RSA-OAEP-256, whichever is the key's own
 * algorithm, and A256GCM. The signature of what is inside is for PostgREST to check.
 *
 * @param keys those that are not revoked, as `readKeys` returns them
 * @example
 * const keys = readKeys(keysInDirectory('.secrets/todos/encryption-keys', { use: 'enc' }));
 * const { token, problem } = await openToken('eyJhbGciOi...', keys);
 */
export async function openToken(token: string, keys: readonly DecryptionKey[]): Promise<TokenOpening> {
  if (token.length > MAX_CHARACTERS) {
    return { problem: malformed(`its ${token.length} characters are more than ${MAX_CHARACTERS}`, 'put less into it') };
  }
  const parts = token.split('.');
  const badParts = partsProblem(parts);
  if (badParts) return { problem: badParts };
  const part = readPart(parts[0]!);
  if (!part) return { problem: malformed('its header is no JSON object') };
  const header = part.value;
  const candidates = keys.filter((key) => fits(key, header));
  const problem = headerProblem(part) ?? (candidates.length === 0 ? keyProblem(header, keys) : undefined);
  if (problem) return { header, problem };
  const content = await decrypt(token, candidates);
  const badContent = content === undefined ? UNDECRYPTABLE : innerProblem(content, header);
  return { header, ...(badContent ? { problem: badContent } : { token: content! }) };
}

function partsProblem(parts: readonly string[]): TokenProblem | undefined {
  if (parts.length !== 5) return malformed(`it has ${parts.length} parts, and an encrypted token 5`);
  if (!parts.every((part) => part !== '' && isBase64url(part)))
    return malformed('a part of it is empty or not base64url');
  const [, , iv, , tag] = parts;
  if (iv!.length !== IV_CHARACTERS) return malformed('its initialization vector has not 96 bits');
  return tag!.length === TAG_CHARACTERS ? undefined : malformed('its authentication tag has not 128 bits');
}

function headerProblem({ value: header, twice, unreadable }: TokenPart): TokenProblem | undefined {
  const { alg, enc, cty, kid } = header;
  const refused = Object.keys(REFUSED).find((name) => header[name] !== undefined);
  if (twice.length > 0) {
    return {
      code: 'ambiguous',
      problem: `"${twice.join('", "')}" of its header is there twice`,
      fix: 'have it made anew',
    };
  }
  if (unreadable !== undefined) return malformed(`its header holds ${unreadable}`);
  if (refused !== undefined) return unsupported(REFUSED[refused]!);
  if (!ENCRYPTION_ALGORITHMS.some((algorithm) => algorithm === alg)) {
    return unsupported(`alg ${show(alg)} is none of ${ENCRYPTION_ALGORITHMS.join(', ')}`);
  }
  if (enc !== CONTENT_ENCRYPTION) return unsupported(`enc ${show(enc)} is not ${CONTENT_ENCRYPTION}`);
  if (typeof cty !== 'string' || !CONTENT_TYPE.test(cty))
    return unsupported(`cty ${show(cty)} is neither JWT nor at+jwt`);
  if (kid !== undefined && typeof kid !== 'string') return unsupported(`kid ${show(kid)} is no text`);
  return undefined;
}

/** The key decides about the algorithm, and a token without a `kid` has few keys to try. */
function fits({ alg, kid, crv }: DecryptionKey & { crv?: unknown }, header: Header): boolean {
  if (alg !== header['alg'] || (header['kid'] !== undefined && header['kid'] !== kid)) return false;
  return alg === 'RSA-OAEP-256' || (isObject(header['epk']) && header['epk'].crv === crv);
}

function keyProblem({ alg, kid }: Header, keys: readonly DecryptionKey[]): TokenProblem {
  const named = keys.find((key) => key.kid === kid);
  const known = keys.map((key) => show(key.kid)).join(', ') || 'none';
  const problem = named
    ? `it does not fit its key ${show(kid)}, which is for ${named.alg}`
    : kid === undefined
      ? `no key at hand is for ${show(alg)} and its epk`
      : `its key ${show(kid)} is none of those at hand (${known})`;
  return { code: 'unknown_key', problem, fix: 'encrypt it to a key that is in use' };
}

/** One answer for whatever is wrong: which step fails must help nobody (RFC 7516, 11.5). */
const UNDECRYPTABLE: TokenProblem = {
  code: 'undecryptable',
  problem: 'no key at hand decrypts it, or it was changed',
  fix: 'copy it again, or encrypt it to a key that is in use',
};

async function decrypt(token: string, keys: readonly DecryptionKey[]): Promise<string | undefined> {
  for (const key of keys) {
    try {
      const { plaintext } = await compactDecrypt(token, key as JWK, {
        keyManagementAlgorithms: [key.alg],
        contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
        maxDecompressedLength: 0,
      });
      return Buffer.from(plaintext).toString('latin1');
    } catch {
      // Another key may do.
    }
  }
  return undefined;
}

function malformed(problem: string, fix = 'copy the token again, or have it made anew'): TokenProblem {
  return { code: 'malformed', problem, fix };
}

function unsupported(problem: string): TokenProblem {
  return { code: 'unsupported_header', problem, fix: 'have it encrypted anew' };
}
