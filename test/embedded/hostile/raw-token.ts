import { createHmac, createPrivateKey, sign, type JsonWebKey } from 'node:crypto';
import type { SigningKey } from '../../../tokens/keys/private-key.ts';

/** The text or the object of a token's part; a text may be no JSON at all. */
export type Part = string | Buffer | object;

/** Signs whatever it is given, as no library would: any header, any payload, any key. */
export function rawToken(key: SigningKey, header: Part, payload: Part): string {
  return signText(key, `${encode(header)}.${encode(payload)}`);
}

/** The same of two parts that are encoded already, well or not. */
export function signText(key: SigningKey, text: string): string {
  return `${text}.${signature(key, Buffer.from(text)).toString('base64url')}`;
}

/** The header that an honest token of a key has. */
export function headerOf({ alg, kid }: SigningKey): object {
  return { alg, typ: 'JWT', ...(kid !== undefined && { kid }) };
}

export function encode(part: Part): string {
  if (Buffer.isBuffer(part)) return part.toString('base64url');
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

/** HS256 with any bytes as the secret. */
export function hmacToken(secret: string | Buffer, payload: Part, header: object = {}): string {
  const k = Buffer.from(secret).toString('base64url');
  return rawToken({ kty: 'oct', k, alg: 'HS256', use: 'sig' }, { alg: 'HS256', typ: 'JWT', ...header }, payload);
}

function signature(key: SigningKey, data: Buffer): Buffer {
  if (key.kty === 'oct')
    return createHmac('sha256', Buffer.from(String(key['k']), 'base64url'))
      .update(data)
      .digest();
  const privateKey = createPrivateKey({ format: 'jwk', key: key as JsonWebKey });
  return sign(key.alg === 'EdDSA' ? null : `sha${key.alg.slice(2)}`, data, {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  });
}
