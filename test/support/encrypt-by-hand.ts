import {
  constants,
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  type JsonWebKey,
} from 'node:crypto';
import type { DecryptionKey } from '../../tokens/index.ts';

/** Parts of a token that a test changes. */
export interface ByHand {
  /** Members of the header that are added, replaced, or left out where undefined. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly iv?: Uint8Array;
}

/** Encrypts as RFC 7516, 5.1 says, step by step and without a library of tokens, whatever comes of it. */
export function encryptByHand(plaintext: string | Uint8Array, key: DecryptionKey, { header, iv }: ByHand = {}): string {
  const contentKey = randomBytes(32);
  const { encryptedKey, ...members } = wrap(contentKey, key);
  const all = { alg: key.alg, enc: 'A256GCM', cty: 'JWT', kid: key.kid, ...members, ...header };
  const protectedHeader = base64url(JSON.stringify(all));
  const vector = iv ?? randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', contentKey, vector).setAAD(Buffer.from(protectedHeader));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [protectedHeader, ...[encryptedKey, vector, ciphertext, cipher.getAuthTag()].map(base64url)].join('.');
}

function wrap(contentKey: Buffer, key: DecryptionKey): { encryptedKey: Buffer; epk?: JsonWebKey } {
  const publicKey = createPublicKey({ format: 'jwk', key });
  if (key.alg === 'RSA-OAEP-256') {
    const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    return { encryptedKey: publicEncrypt({ key: publicKey, ...padding }, contentKey) };
  }
  const own =
    key['crv'] === 'X25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = diffieHellman({ privateKey: own.privateKey, publicKey });
  const wrapper = createCipheriv('id-aes256-wrap', concatKdf(secret, key.alg, 256), Buffer.alloc(8, 0xa6));
  const encryptedKey = Buffer.concat([wrapper.update(contentKey), wrapper.final()]);
  return { encryptedKey, epk: own.publicKey.export({ format: 'jwk' }) };
}

/** RFC 7518, 4.6.2, for keys of at most 256 bits. */
export function concatKdf(secret: Uint8Array, algorithm: string, bits: number, apu = '', apv = ''): Buffer {
  const texts = [algorithm, apu, apv].flatMap((text) => [uint32(text.length), Buffer.from(text)]);
  const hash = createHash('sha256').update(Buffer.concat([uint32(1), secret, ...texts, uint32(bits)]));
  return hash.digest().subarray(0, bits / 8);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function base64url(bytes: string | Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
