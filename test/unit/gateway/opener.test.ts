import { request as send, type IncomingMessage } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { OpenerEvent } from '../../../gateway/opener/answer.ts';
import { Opener } from '../../../gateway/opener/opener.ts';
import { startOpener, type RunningOpener } from '../../../gateway/opener/start-opener.ts';
import { TokenMemory } from '../../../gateway/opener/token-memory.ts';
import {
  addKey,
  encryptToken,
  generateDecryptionKey,
  generateKey,
  keysInDirectory,
  readKeys,
  revokeKey,
  rotateKeys,
  signToken,
  type PrivateKey,
  type TokenOptions,
} from '../../../tokens/index.ts';

const key = generateDecryptionKey();
let signingKey: PrivateKey;
let signed: string;
let encrypted: string;

const sign = (options: Partial<TokenOptions> = {}) => signToken(signingKey, { role: 'writer', ...options });
const openerOf = (encryption: 'accepted' | 'required', keys = [key]) =>
  new Opener({ encryption, readKeys: () => keys });

beforeAll(async () => {
  signingKey = await generateKey();
  signed = await sign();
  encrypted = await encryptToken(signed, key);
});

describe('an opener', () => {
  it.each(['accepted', 'required'] as const)(
    'where encryption is %s, opens tokens and lets anonymous requests pass',
    async (encryption) => {
      const opener = openerOf(encryption);
      for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
        expect(await opener.open(`${scheme} ${encrypted}`)).toEqual({ authorization: `Bearer ${signed}` });
      }
      expect([await opener.open(undefined), await opener.open('')]).toEqual([{}, {}]);
      const foreign = await encryptToken(signed, generateDecryptionKey());
      expect(await opener.open(`Bearer ${foreign}`)).toMatchObject({ problem: { code: 'unknown_key' } });
    },
  );

  it('hands on whatever is not encrypted only where encryption is not required', async () => {
    for (const authorization of [
      `Bearer ${signed}`,
      'Bearer',
      'Basic YTpi',
      `bearer\t${encrypted}`,
      `Bearer ${encrypted} x`,
      encrypted,
    ]) {
      expect(await openerOf('accepted').open(authorization)).toEqual({ authorization });
      expect(await openerOf('required').open(authorization)).toMatchObject({ problem: { code: 'not_encrypted' } });
    }
  });

  it('decrypts a token once, and again after its keys have changed', async () => {
    let keys = [key];
    const opener = new Opener({ encryption: 'required', readKeys: () => keys });
    const decrypted = vi.spyOn(keys, 'filter');
    for (let n = 0; n < 3; n++) expect(await opener.open(`Bearer ${encrypted}`)).toHaveProperty('authorization');
    expect(decrypted).toHaveBeenCalledTimes(1);
    opener.reloadKeys();
    expect(opener.keyIds).toEqual([key.kid]);
    keys = [generateDecryptionKey()];
    opener.reloadKeys();
    expect(await opener.open(`Bearer ${encrypted}`)).toMatchObject({ problem: { code: 'unknown_key' } });
  });

  it('keeps its keys where they cannot be read again', async () => {
    let isThere = true;
    const read = () => {
      if (!isThere) throw new Error('gone');
      return [key];
    };
    const opener = new Opener({ encryption: 'required', readKeys: read });
    isThere = false;
    expect(() => opener.reloadKeys()).toThrow('gone');
    expect(await opener.open(`Bearer ${encrypted}`)).toHaveProperty('authorization');
  });
});

describe('the memory of an opener', () => {
  it('ends for each token when that expires, and has none that never does', async () => {
    const memory = new TokenMemory(10);
    const now = 1_800_000_000_000;
    const token = await sign({ now: new Date(now), expiresIn: 60 });
    memory.keep('a', token, now);
    expect(memory.get('a', now + 59_999)).toBe(token);
    expect(memory.get('a', now + 60_000)).toBe(undefined);
    memory.keep('a', token, now + 60_000);
    const [header, , signature] = token.split('.');
    memory.keep('b', `${header}.${Buffer.from('{"role":"writer"}').toString('base64url')}.${signature}`, now);
    expect(memory.size).toBe(0);
  });

  it('forgets those first that were used least recently', async () => {
    const memory = new TokenMemory(2);
    const tokens = await Promise.all([sign(), sign(), sign()]);
    memory.keep('a', tokens[0]);
    memory.keep('b', tokens[1]);
    memory.get('a');
    memory.keep('c', tokens[2]);
    expect([memory.size, memory.get('a'), memory.get('b'), memory.get('c')]).toEqual([
      2,
      tokens[0],
      undefined,
      tokens[2],
    ]);
  });
});

describe('the service for auth_request', () => {
  const events: OpenerEvent[] = [];
  const directory = mkdtempSync(join(tmpdir(), 'opener-'));
  const keys = keysInDirectory(join(directory, 'encryption-keys'), { use: 'enc' });
  let opener: RunningOpener;

  beforeAll(async () => {
    addKey(keys, key);
    const log = (event: OpenerEvent) => void events.push(event);
    opener = await startOpener({ encryption: 'required', readKeys: () => readKeys(keys), port: 0, reloadMs: 5, log });
  });
  afterAll(async () => {
    await opener?.stop();
    rmSync(directory, { recursive: true });
  });

  const ask = (path: string, token?: string) =>
    fetch(opener.url + path, token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } });
  const keyIds = async () =>
    ((await (await ask('/keys')).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  const opened = async (token?: string) => {
    const { status, headers } = await ask('/open', token);
    return [status, headers.get('x-opened-authorization')];
  };

  it('answers with the token inside, or refuses and does not say why', async () => {
    expect(await opened(encrypted)).toEqual([200, `Bearer ${signed}`]);
    expect(await opened()).toEqual([200, null]);
    const response = await ask('/open', signed);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    expect(await response.json()).toMatchObject({ code: 'GATEWAY401', details: null });
    expect((await ask('/')).status).toBe(404);
  });

  it('refuses two headers', async () => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = ['Host', 'api', 'Authorization', `Bearer ${encrypted}`, 'Authorization', `Bearer ${encrypted}`];
      send(`${opener.url}/open`, { headers }, resolve).on('error', reject).end();
    });
    response.resume();
    expect(response.statusCode).toBe(401);
  });

  it('reads headers as long as nginx hands them on', async () => {
    const response = await fetch(`${opener.url}/open`, { headers: { Cookie: 'a'.repeat(32_000) } });
    expect(response.status).toBe(200);
    expect(await opened('a'.repeat(20_000))).toEqual([401, null]);
  });

  it('takes new keys and drops revoked ones without a restart, and no token fails meanwhile', async () => {
    let isDone = false;
    const failed: unknown[] = [];
    let current = key;
    const load = (async () => {
      while (!isDone) {
        const token = await encryptToken(await sign(), current);
        const [status] = await opened(token);
        if (status !== 200) failed.push(status);
      }
    })();
    onTestFinished(() => void (isDone = true));
    const next = addKey(keys, generateDecryptionKey('ECDH-ES+A256KW', 'X25519')).key;
    await expect.poll(keyIds, { timeout: 30_000 }).toContain(next.kid);
    await rotateKeys(keys);
    current = next;
    await expect.poll(keyIds, { timeout: 30_000 }).toEqual([next.kid, key.kid]);
    expect(await opened(encrypted)).toEqual([200, `Bearer ${signed}`]);
    isDone = true;
    await load;
    expect(failed).toEqual([]);
    revokeKey(keys, key.kid, { force: true });
    await expect.poll(keyIds, { timeout: 30_000 }).toEqual([next.kid]);
    expect(await opened(encrypted)).toEqual([401, null]);
  });

  it('logs what it refused, without a part of a token', () => {
    expect(events).toContainEqual({ event: 'refused', code: 'not_encrypted' });
    expect(events).toContainEqual({ event: 'refused', code: 'unknown_key' });
    expect(events.filter(({ event }) => event === 'failed')).toEqual([]);
    expect(Object.keys(Object.assign({}, ...events) as object).sort()).toEqual(['code', 'event']);
  });
});
