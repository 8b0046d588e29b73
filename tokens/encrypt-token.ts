import { CompactEncrypt, type JWK } from 'jose';
import { keyMembers } from '../declaration/keys/key-set.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { EncryptionKey } from './keys/private-key.ts';
import { CONTENT_ENCRYPTION, innerProblem, MAX_CHARACTERS } from './nested-token.ts';

/**
 * Encrypts a signed token (nested JWT: RFC 7519, 5.2 and 11.2). Only the public half of the key is used.
 *
 * @throws SecuredPostgrestError `unreadable_token` for what is no signed token, or too long; `unreadable_key`
 * @example
 * const encryptionKey = generateDecryptionKey();
 * const token = await encryptToken(await signToken(key, { role: 'todo_user' }), encryptionKey);
 */
export async function encryptToken(token: string, key: EncryptionKey): Promise<string> {
  const wrong = innerProblem(token);
  if (wrong) refuse('unreadable_token', 'token', wrong.problem, wrong.fix);
  const { alg, kid } = key;
  const encryption = new CompactEncrypt(Buffer.from(token)).setProtectedHeader({
    alg,
    enc: CONTENT_ENCRYPTION,
    cty: 'JWT',
    ...(kid !== undefined && { kid }),
  });
  const encrypted = await encryption.encrypt(keyMembers(key) as JWK).catch((cause: unknown) => {
    return refuse('unreadable_key', `key ${kid ?? ''}`.trim(), `cannot encrypt with ${alg}`, 'make another key', cause);
  });
  if (encrypted.length > MAX_CHARACTERS) {
    const problem = `its ${encrypted.length} characters are more than the ${MAX_CHARACTERS} that are opened`;
    refuse('unreadable_token', 'token', problem, 'put less into it');
  }
  return encrypted;
}
