import { beforeAll, describe, expect, it } from 'vitest';
import { declare } from '../../../declaration/index.ts';
import {
  encryptToken,
  examineToken,
  generateDecryptionKey,
  generateKey,
  publicKeySet,
  signToken,
  type ExamineOptions,
  type PrivateKey,
} from '../../../tokens/index.ts';

const input = { name: 'notes', schemas: ['api'], roles: { users: ['writer'] } };
const declaring = (encryption: 'off' | 'accepted' | 'required') => declare({ ...input, tokens: { encryption } });
const decryptionKey = generateDecryptionKey();
const atHand = { decryptionKeys: [decryptionKey] };
let key: PrivateKey;
let signed: string;
let encrypted: string;

beforeAll(async () => {
  key = await generateKey();
  signed = await signToken(key, { role: 'writer' });
  encrypted = await encryptToken(signed, decryptionKey);
});

async function examine(token: string, encryption: 'off' | 'accepted' | 'required', options: ExamineOptions = atHand) {
  const { role, problems } = await examineToken(token, declaring(encryption), publicKeySet([key]), options);
  return role ?? problems.map(({ code }) => code);
}

describe('examineToken', () => {
  it('accepts signed and encrypted tokens as the declaration says', async () => {
    expect(await examine(signed, 'off')).toBe('writer');
    expect(await examine(encrypted, 'off')).toEqual(['encrypted']);
    expect(await examine(signed, 'accepted')).toBe('writer');
    expect(await examine(encrypted, 'accepted')).toBe('writer');
    expect(await examine(signed, 'required')).toEqual(['not_encrypted']);
    expect(await examine(encrypted, 'required')).toBe('writer');
  });

  it('tells what is wrong with the token inside, and with the encryption', async () => {
    const stranger = await signToken(await generateKey(), { role: 'writer' });
    expect(await examine(await encryptToken(stranger, decryptionKey), 'required')).toEqual(['unknown_key']);
    const decryptionKeys = [generateDecryptionKey()];
    expect(await examine(encrypted, 'required', { decryptionKeys })).toEqual(['unknown_key']);
    expect(await examine(encrypted, 'required', {})).toEqual(['encrypted']);
    const expired = await signToken(key, { role: 'writer', now: new Date(0) });
    expect(await examine(expired, 'required')).toEqual(['expired', 'not_encrypted']);
  });

  it('shows both headers', async () => {
    const { encryption, header } = await examineToken(encrypted, declaring('required'), publicKeySet([key]), atHand);
    expect(encryption).toMatchObject({ alg: 'ECDH-ES+A256KW', kid: decryptionKey.kid });
    expect(header).toMatchObject({ alg: 'ES256', kid: key.kid });
  });
});

describe('a declaration', () => {
  it('is what it was where encryption is off', () => {
    expect(declaring('off')).toEqual(declare(input));
    expect(declaring('accepted').tokens).toMatchObject({ encryption: 'accepted' });
  });

  it('rejects another word, and names those that it knows', () => {
    const tokens = { encryption: 'require' as 'required' };
    expect(() => declare({ ...input, tokens })).toThrow(
      /tokens\.encryption: "require" is none of "off", "accepted", "required"/,
    );
  });
});
