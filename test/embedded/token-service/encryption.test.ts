import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import * as oauth from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Opener } from '../../../gateway/opener/opener.ts';
import { startOpeningProxy, type OpeningProxy } from '../../../testing/servers/opening-proxy.ts';
import {
  addKey,
  encryptionHeader,
  generateDecryptionKey,
  keysInDirectory,
  publicKeySet,
  readKeys,
  rotateKeys,
} from '../../../tokens/index.ts';
import { tokenService } from '../../../token-service/index.ts';
import { notes, signIn, startTokenService, type RunningService } from '../../support/token-service.ts';

const directory = mkdtempSync(join(tmpdir(), 'encryption-'));
const encryptionKeysFile = join(directory, 'jwks.json');
const keys = keysInDirectory(join(directory, 'encryption-keys'), { use: 'enc' });
const publish = () => writeFileSync(encryptionKeysFile, JSON.stringify(publicKeySet(readKeys(keys))), { mode: 0o600 });
let running: RunningService;
let opener: Opener;
let proxy: OpeningProxy;

beforeAll(async () => {
  addKey(keys, generateDecryptionKey());
  publish();
  running = await startTokenService('sealing', { encryption: 'required', encryptionKeysFile });
  opener = new Opener({ encryption: 'required', readKeys: () => readKeys(keys) });
  proxy = await startOpeningProxy({ opener, target: Number(new URL(running.api.url).port) });
});
afterAll(async () => {
  await proxy?.stop();
  await running?.stop();
  rmSync(directory, { recursive: true });
});

const throughOpener = (token: string) => notes({ url: `http://127.0.0.1:${proxy.port}` }, token);

describe('a token service of a declaration that requires encryption', () => {
  it('issues and refreshes nested access tokens, which pass the opener, and PostgREST not without it', async () => {
    const first = await signIn(running.client);
    const second = await oauth.refreshTokenGrant(running.client, first.refresh_token);
    for (const { access_token: token } of [first, second]) {
      expect(encryptionHeader(token)).toMatchObject({
        alg: 'ECDH-ES+A256KW',
        enc: 'A256GCM',
        cty: 'at+jwt',
        kid: readKeys(keys)[0]!.kid,
      });
      expect(await throughOpener(token)).toBe('200 [{"body":"mine"}]');
      expect(await notes(running.api, token)).toMatch(/^401 /);
    }
    // The client reads who has signed in.
    expect(decodeJwt(first.id_token).sub).toBe('ann-1');
  });

  it('encrypts to the key in use, also after a rotation', async () => {
    const before = await signIn(running.client);
    const next = addKey(keys, generateDecryptionKey('RSA-OAEP-256')).key;
    const x25519 = addKey(keys, generateDecryptionKey('ECDH-ES+A256KW', 'X25519')).key;
    await rotateKeys(keys, 'ECDH-ES+A256KW');
    opener.reloadKeys();
    publish();
    running.service.reloadKeys();
    for (const key of [x25519, next]) {
      writeFileSync(encryptionKeysFile, JSON.stringify(publicKeySet([key])));
      running.service.reloadKeys();
      const { access_token: token } = await signIn(running.client);
      expect(encryptionHeader(token)).toMatchObject({ alg: key.alg, kid: key.kid });
      expect(await throughOpener(token)).toBe('200 [{"body":"mine"}]');
    }
    expect(await throughOpener(before.access_token)).toBe('200 [{"body":"mine"}]');
  });

  it.each([
    ['no file', undefined, 'invalid_prop'],
    ['a private key', () => JSON.stringify({ keys: readKeys(keys) }), 'unreadable_key'],
    ['no key', () => '{"keys":[]}', 'unreadable_key'],
    ['no JSON', () => '-----BEGIN', 'unreadable_key'],
    ['a signing key', () => JSON.stringify({ keys: [{ kty: 'EC', use: 'sig' }] }), 'unreadable_key'],
    [
      'a kind of key that nothing encrypts to',
      () => '{"keys":[{"kty":"OKP","crv":"Ed25519"}]}',
      'unsupported_algorithm',
    ],
    [
      'a key for another algorithm',
      () => JSON.stringify({ keys: publicKeySet(readKeys(keys)).keys.map((key) => ({ ...key, alg: 'RSA-OAEP' })) }),
      'unsupported_algorithm',
    ],
  ])('does not start with %s', (_, content, code) => {
    const file = join(directory, 'wrong.json');
    if (content) writeFileSync(file, content());
    const options = { ...running.options, encryptionKeysFile: content && file };
    expect(() => tokenService(options)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
