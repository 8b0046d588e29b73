import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect } from 'vitest';
import { Opener } from '../../../gateway/opener/opener.ts';
import { startOpeningProxy } from '../../../testing/servers/opening-proxy.ts';
import { apiTest } from '../../../testing/vitest/index.ts';
import {
  addKey,
  encryptionHeader,
  encryptToken,
  generateDecryptionKey,
  generateKey,
  keysInDirectory,
  readKeys,
  revokeKey,
  rotateKeys,
  signToken,
} from '../../../tokens/index.ts';
import { notes } from '../../support/notes.ts';
import { isListening } from './traces.ts';

const USER = 'sealed_user';
const declaring = (encryption: 'off' | 'accepted' | 'required') => notes('sealed', { tokens: { encryption } });
const claims = { user_id: 1 };
const PATH = '/notes?select=body&order=id';

// One environment for all, in the order of the tests: the declaration changes on the way.
const test = apiTest(declaring('required'), { share: 'file' });

async function ask(url: string, token?: string): Promise<string> {
  const response = await fetch(
    url + PATH,
    token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } },
  );
  return `${response.status} ${await response.text()}`;
}

const REFUSED = '401 {"code":"GATEWAY401","details":null,"hint":null,"message":"The token is not valid here"}';

describe('an environment whose declaration requires encryption', () => {
  test('serves its own clients, whose tokens show nothing', async ({ api }) => {
    const ann = await api.as(USER, claims);
    await expect(ann).toSeeRows(PATH, [{ body: 'mine' }]);
    await expect(ann).not.mayRead('notes', { user_id: 2 });
    expect(encryptionHeader(ann.token!)).toMatchObject({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', cty: 'JWT' });
    const { data } = await ann.rest.from('notes').select('body');
    expect(data).toEqual([{ body: 'mine' }]);
  });

  test('rejects tokens that are merely signed, or encrypted to another key', async ({ api }) => {
    expect(await ask(api.url, await api.tokenFor(USER, claims, { isEncrypted: false }))).toBe(REFUSED);
    const signed = await api.tokenFor(USER, claims, { isEncrypted: false });
    expect(await ask(api.url, await encryptToken(signed, generateDecryptionKey()))).toBe(REFUSED);
    const [header, ...parts] = (await api.tokenFor(USER, claims)).split('.');
    expect(await ask(api.url, [header, ...parts.toReversed()].join('.'))).toBe(REFUSED);
  });

  test('leaves to PostgREST what is inside, and requests without a token', async ({ api }) => {
    expect(await ask(api.url)).toMatch(/^401 .*"42501"/);
    const expired = await api.tokenFor(USER, claims, { now: new Date(Date.now() - 7_200_000) });
    expect(await ask(api.url, expired)).toMatch(/^401 .*expired/);
    expect(await ask(api.url, await api.tokenFor('postgres', claims))).toMatch(/^40[13] /);
  });

  test('passes bodies and headers on as they are', async ({ api }) => {
    const ann = await api.as(USER, claims);
    const rows = Array.from({ length: 900 }, () => ({ user_id: 1, body: 'x'.repeat(1000) }));
    const created = await ann.fetch('/notes', {
      method: 'POST',
      body: JSON.stringify(rows),
      headers: { Prefer: 'return=minimal' },
    });
    expect([created.status, created.headers.get('preference-applied')]).toEqual([201, 'return=minimal']);
    const all = (await (await ann.fetch(PATH)).json()) as { body: string }[];
    expect(all).toEqual([{ body: 'mine' }, ...rows.map(({ body }) => ({ body }))]);
    const head = await ann.fetch('/notes?limit=1', { method: 'HEAD', headers: { Prefer: 'count=exact' } });
    expect([head.status, head.headers.get('content-range'), await head.text()]).toEqual([206, '0-0/901', '']);
    // In chunks, as clients stream.
    const inChunks = await new Promise<string>((resolve, reject) => {
      const headers = { Authorization: `Bearer ${ann.token}`, 'Content-Type': 'application/json' };
      const sent = request(`${api.url}/notes?body=neq.mine`, { method: 'PATCH', headers });
      sent.on('error', reject).on('response', (answer) => {
        text(answer).then((body) => resolve(`${answer.statusCode} ${body}`), reject);
      });
      sent.write('{"body":');
      sent.end('"y"}');
    });
    expect(inChunks).toBe('204 ');
    expect((await ann.fetch('/notes?body=eq.y', { method: 'DELETE' })).status).toBe(204);
    await expect(ann).toSeeRows(PATH, [{ body: 'mine' }]);
  });

  test('has clones that do the same', async ({ api }) => {
    const clone = await api.clone();
    const { port } = new URL(clone.url);
    await expect(await clone.as(USER, claims)).toSeeRows(PATH, [{ body: 'mine' }]);
    await clone.stop();
    expect(await isListening(Number(port))).toBe(false);
  });

  test('follows the declaration at the same address', async ({ api }) => {
    const { url } = api;
    expect(await api.apply(declaring('accepted'))).toMatchObject({ changes: 0, restarted: true });
    const signed = await api.tokenFor(USER, claims);
    expect(encryptionHeader(signed)).toBe(undefined);
    const encrypted = await api.tokenFor(USER, claims, { isEncrypted: true });
    expect([await ask(url, signed), await ask(url, encrypted)]).toEqual(Array(2).fill('200 [{"body":"mine"}]'));
    expect(await api.apply(declaring('off'))).toMatchObject({ restarted: true });
    expect(await ask(url, await api.tokenFor(USER, claims))).toBe('200 [{"body":"mine"}]');
    expect(await ask(url, await api.tokenFor(USER, claims, { isEncrypted: true }))).toMatch(/^401 /);
  });
});

describe('encryption keys before a PostgREST', () => {
  test('rotate without a failed request, and open nothing once they are revoked', async ({ api }) => {
    const directory = mkdtempSync(join(tmpdir(), 'rotation-'));
    const keys = keysInDirectory(join(directory, 'encryption-keys'), { use: 'enc' });
    const first = addKey(keys, generateDecryptionKey()).key;
    const opener = new Opener({ encryption: 'required', readKeys: () => readKeys(keys) });
    const proxy = await startOpeningProxy({ opener, target: Number(new URL(api.url).port) });
    const url = `http://127.0.0.1:${proxy.port}`;
    const token = async (signing?: Awaited<ReturnType<typeof generateKey>>) => {
      const signed = signing ? await signToken(signing, { role: USER, claims }) : await api.tokenFor(USER, claims);
      return encryptToken(signed, readKeys(keys)[0]!);
    };
    const answers: string[] = [];
    let isDone = false;
    const load = Array.from({ length: 4 }, async () => {
      while (!isDone) answers.push(await ask(url, await token()));
    });
    const more = async (number: number) => {
      const goal = answers.length + number;
      await expect.poll(() => answers.length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(goal);
    };
    try {
      await more(100);
      const early = await token();
      const second = addKey(keys, generateDecryptionKey('ECDH-ES+A256KW', 'X25519')).key;
      opener.reloadKeys();
      await more(100);
      await rotateKeys(keys);
      opener.reloadKeys();
      await more(100);
      expect(await ask(url, early)).toMatch(/^200 /);
      isDone = true;
      await Promise.all(load);
      expect(answers.filter((answer) => answer !== '200 [{"body":"mine"}]')).toEqual([]);
      expect(opener.keyIds).toEqual([second.kid, first.kid]);

      revokeKey(keys, first.kid, { force: true });
      opener.reloadKeys();
      expect(await ask(url, early)).toBe(REFUSED);
      expect(await ask(url, await token())).toMatch(/^200 /);
      // A key that the server does not trust, such as a revoked one, signs nothing good inside of a token either.
      expect(await ask(url, await token(await generateKey()))).toMatch(/^401 .*"PGRST30/);
    } finally {
      isDone = true;
      await Promise.allSettled(load);
      await proxy.stop();
      rmSync(directory, { recursive: true });
    }
  });
});
