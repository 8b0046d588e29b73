import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EncryptionAlgorithm } from '../../../../declaration/index.ts';
import {
  addKey,
  exportDecryptionKeys,
  exportKeys,
  generateDecryptionKey,
  generateKey,
  importDecryptionKey,
  keysFromFile,
  keysInDirectory,
  publicKeySet,
  readKeys,
  readManagedKeys,
  removeKey,
  revokeKey,
  rotateKeys,
  undoKeyStep,
  type KeyStore,
} from '../../../../tokens/index.ts';

let parent: string;
let keys: KeyStore<'enc'>;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'keys-'));
  keys = keysInDirectory(join(parent, 'encryption-keys'), { use: 'enc' });
});
afterEach(() => rmSync(parent, { recursive: true }));

const states = () => Object.fromEntries(readManagedKeys(keys).map(({ key, state }) => [key.kid, state]));
const refusal = (code: string, message = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

describe('generateDecryptionKey', () => {
  it.each([
    [undefined, undefined, 'ECDH-ES+A256KW', { kty: 'EC', crv: 'P-256' }],
    ['ECDH-ES+A256KW', 'X25519', 'ECDH-ES+A256KW', { kty: 'OKP', crv: 'X25519' }],
    ['RSA-OAEP-256', undefined, 'RSA-OAEP-256', { kty: 'RSA', e: 'AQAB' }],
  ] as const)('makes a key for %s on %s, named by its thumbprint', async (algorithm, curve, alg, members) => {
    const key = generateDecryptionKey(algorithm, curve);
    expect(key).toMatchObject({ ...members, alg, use: 'enc', kid: await calculateJwkThumbprint(key as JWK) });
  });

  it('rejects other algorithms', () => {
    expect(() => generateDecryptionKey('RSA1_5' as EncryptionAlgorithm)).toThrow(refusal('unsupported_algorithm'));
  });
});

describe('an encryption key', () => {
  it('goes through the states of a signing key, and all the way back', async () => {
    const first = addKey(keys, generateDecryptionKey('ECDH-ES+A256KW', 'X25519')).key;
    const second = addKey(keys, generateDecryptionKey()).key;
    expect(states()).toEqual({ [first.kid]: 'in_use', [second.kid]: 'standby' });
    expect((await rotateKeys(keys)).key.key).toEqual(second);
    expect(states()).toEqual({ [first.kid]: 'previously_used', [second.kid]: 'in_use' });
    expect(() => revokeKey(keys, first.kid)).toThrow(refusal('key_in_use', /that are encrypted to it may live until/));
    revokeKey(keys, first.kid, { force: true });
    expect(readKeys(keys)).toEqual([second]);
    undoKeyStep(keys);
    expect(readKeys(keys)).toEqual([second, first]);
    revokeKey(keys, first.kid, { force: true });
    removeKey(keys, first.kid);
    expect(states()).toEqual({ [second.kid]: 'in_use' });
  });

  it('is followed by a new one of its kind where none is standby', async () => {
    addKey(keys, generateDecryptionKey('ECDH-ES+A256KW', 'X25519'));
    const { key, isNew } = await rotateKeys(keys);
    expect(key.key).toMatchObject({ kty: 'OKP', crv: 'X25519', alg: 'ECDH-ES+A256KW', use: 'enc' });
    expect(isNew).toBe(true);
  });

  it('is exported as one document, to openers without those that are revoked', async () => {
    const first = addKey(keys, generateDecryptionKey()).key;
    await rotateKeys(keys);
    const ring = join(parent, 'ring.json');
    writeFileSync(ring, exportKeys(keys), { mode: 0o600 });
    expect(readManagedKeys(keysFromFile(ring, { use: 'enc' })).map(({ key }) => key)).toEqual(
      readManagedKeys(keys).map(({ key }) => key),
    );
    revokeKey(keys, first.kid, { force: true });
    writeFileSync(ring, exportDecryptionKeys(keys), { mode: 0o600 });
    expect(readKeys(keysFromFile(ring, { use: 'enc' }))).toEqual(readKeys(keys));
    expect(() => readKeys(keysFromFile(ring))).toThrow(refusal('unreadable_key', /no key ring;/));
  });

  it('is given to issuers without its private part', () => {
    const { key } = addKey(keys, generateDecryptionKey());
    const { kty, crv, x, y, kid } = key as JWK;
    expect(publicKeySet(readKeys(keys))).toEqual({
      keys: [{ kty, crv, x, y, kid, alg: 'ECDH-ES+A256KW', use: 'enc' }],
    });
  });

  it('never lies among signing keys, nor they among those', async () => {
    const { key } = addKey(keys, generateDecryptionKey());
    expect(() => readKeys(keys.place)).toThrow(refusal('unreadable_key', /a key for encryption, not for signatures/));
    addKey(join(parent, 'keys'), await generateKey());
    const mixed = keysInDirectory(join(parent, 'keys'), { use: 'enc' });
    expect(() => addKey(mixed, key)).toThrow(refusal('unreadable_key', /a key for signatures, not for encryption/));
  });
});

describe('importDecryptionKey', () => {
  const pem = ({ privateKey }: KeyPairKeyObjectResult) => String(privateKey.export({ type: 'pkcs8', format: 'pem' }));

  it('reads PEM and JWK, and tells the algorithm by the key', () => {
    const key = generateDecryptionKey('ECDH-ES+A256KW', 'X25519');
    expect(importDecryptionKey(JSON.stringify(key), 'a.json')).toEqual(key);
    const rsa = importDecryptionKey(pem(generateKeyPairSync('rsa', { modulusLength: 2048 })), 'a.pem');
    expect(rsa).toMatchObject({ kty: 'RSA', alg: 'RSA-OAEP-256', use: 'enc' });
  });

  it('rejects keys that are weak, or for something else', () => {
    const weak = pem(generateKeyPairSync('rsa', { modulusLength: 1024 }));
    expect(() => importDecryptionKey(weak, 'a.pem')).toThrow(refusal('weak_key'));
    const other = pem(generateKeyPairSync('ed25519'));
    expect(() => importDecryptionKey(other, 'a.pem')).toThrow(refusal('unsupported_algorithm', /OKP Ed25519/));
    const secret = JSON.stringify({ kty: 'oct', k: 'A'.repeat(43) });
    expect(() => importDecryptionKey(secret, 'a.json')).toThrow(refusal('unsupported_algorithm'));
  });
});
