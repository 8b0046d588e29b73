import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import type { JsonWebKeySet } from '../../../../declaration/types.ts';
import {
  generateKey,
  loadSigningKey,
  loadVerificationKeys,
  publicKeySet,
  signToken,
  writeKey,
  type SigningKey,
} from '../../../../tokens/index.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keys-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const moment = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second));

describe('generated keys', () => {
  it('verify with every key of the directory and sign with the newest of the algorithm', async () => {
    const keys = [await generateKey('ES256'), await generateKey('ES256'), await generateKey('EdDSA')] as const;
    keys.forEach((key, second) => writeKey(directory, key, moment(second)));
    const source = { generate: 'ES256' } as const;
    expect(loadVerificationKeys(source, directory)).toEqual(publicKeySet([keys[2], keys[1], keys[0]]));
    expect(loadSigningKey(source, directory)).toEqual(keys[1]);
  });

  it('are refused where there is none, with the command that makes one', async () => {
    writeKey(directory, await generateKey('EdDSA'));
    const refusal = expect.objectContaining({
      code: 'unreadable_key',
      message: expect.stringContaining(`keys generate --directory ${directory} --algorithm ES256`) as string,
    }) as Error;
    expect(() => loadVerificationKeys({ generate: 'ES256' }, directory)).toThrow(refusal);
    expect(() => loadSigningKey({ generate: 'ES256' }, directory)).toThrow(refusal);
  });
});

describe('a secret file', () => {
  const secret = 'a secret of more than 32 characters';

  it.each(['', '\n', '\r\n'])('is read without its last newline (%j)', async (newline) => {
    const secretFile = join(directory, 'secret');
    writeFileSync(secretFile, secret + newline);
    const k = Buffer.from(secret).toString('base64url');
    expect(loadVerificationKeys({ secretFile }, directory)).toStrictEqual({
      keys: [{ kty: 'oct', k, alg: 'HS256', use: 'sig' }],
    });
    const token = await signToken(loadSigningKey({ secretFile }, directory) as SigningKey, { role: 'todo_user' });
    await jwtVerify(token, Buffer.from(secret));
  });

  it('keeps bytes that are no text', () => {
    const secretFile = join(directory, 'secret');
    const bytes = Buffer.from([...Array(40).keys()].map((n) => 255 - n));
    writeFileSync(secretFile, bytes);
    expect(loadSigningKey({ secretFile }, directory)?.k).toBe(bytes.toString('base64url'));
  });

  it.each(['base64', 'base64url'] as const)('is read as %s where that is declared', (encoding) => {
    const secretFile = join(directory, 'secret');
    const bytes = Buffer.from([...Array(40).keys()].map((n) => 255 - n));
    writeFileSync(secretFile, `${bytes.toString(encoding)}\n`);
    expect(loadSigningKey({ secretFile, isBase64: true }, directory)?.k).toBe(bytes.toString('base64url'));
    writeFileSync(secretFile, `${secret}\n`);
    expect(() => loadSigningKey({ secretFile, isBase64: true }, directory)).toThrow('the secret is not base64');
    // Bytes count, not characters.
    writeFileSync(secretFile, bytes.subarray(0, 30).toString(encoding));
    expect(() => loadSigningKey({ secretFile, isBase64: true }, directory)).toThrow('30 bytes is too short');
  });

  it('of several secrets is refused with the way to declare them', () => {
    const secretFile = join(directory, 'secret');
    const keys = [1, 2].map((n) => ({ kty: 'oct', k: Buffer.alloc(40, n).toString('base64url') }));
    writeFileSync(secretFile, JSON.stringify({ keys }));
    expect(() => loadSigningKey({ secretFile }, directory)).toThrow(/declare generate: 'HS256' and add each/);
    expect(() => loadVerificationKeys({ jwks: { keys } }, directory)).toThrow(/declare generate: 'HS256' and add each/);
  });

  it('is refused where it is missing or weak', () => {
    const secretFile = join(directory, 'secret');
    const load = () => loadVerificationKeys({ secretFile }, directory);
    expect(load).toThrow(expect.objectContaining({ code: 'unreadable_secret' }));
    writeFileSync(secretFile, `${secret.slice(0, 31)}\n`);
    expect(load).toThrow(expect.objectContaining({ code: 'weak_secret' }));
  });
});

describe('existing public keys', () => {
  const { publicKey } = generateKeyPairSync('ed25519');

  it('verify, and sign nothing', () => {
    const jwk = publicKey.export({ format: 'jwk' }) as Record<string, unknown>;
    const pem = { publicKey: publicKey.export({ format: 'pem', type: 'spki' }) as string, algorithm: 'EdDSA' } as const;
    expect(loadVerificationKeys({ jwks: { keys: [jwk] } }, directory)).toEqual({ keys: [{ ...jwk, use: 'sig' }] });
    expect(loadVerificationKeys(pem, directory)).toMatchObject({ keys: [{ ...jwk, alg: 'EdDSA', use: 'sig' }] });
    expect(loadSigningKey({ jwks: { keys: [jwk] } }, directory)).toBeUndefined();
    expect(loadSigningKey(pem, directory)).toBeUndefined();
  });

  it('are checked when they are loaded, too', () => {
    const load = () => loadVerificationKeys({ jwks: '{"keys":[]}' }, directory);
    expect(load).toThrow(expect.objectContaining({ code: 'empty_key_set' }));
  });
});

it('reads synchronously, as constructs need it', () => {
  expectTypeOf(loadVerificationKeys).returns.toEqualTypeOf<JsonWebKeySet>();
  expectTypeOf(loadSigningKey).returns.toEqualTypeOf<SigningKey | undefined>();
});
