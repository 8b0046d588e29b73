import { importJWK, SignJWT, type JWK } from 'jose';
import type { SigningKey } from '../../tokens/index.ts';

/** A token that says just these claims, as a provider of others would sign it. */
export async function signClaims(key: SigningKey, claims: Readonly<Record<string, unknown>>): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, typ: 'JWT', ...(key.kid !== undefined && { kid: key.kid }) })
    .sign(await importJWK(key as JWK, key.alg));
}
