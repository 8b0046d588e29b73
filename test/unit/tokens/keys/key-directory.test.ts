import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  generateKey,
  publicKeySet,
  readKeys,
  readStoredKeys,
  writeKey,
  type PrivateKey,
} from '../../../../tokens/index.ts';

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'keys-'));
  directory = join(parent, 'made', 'keys');
});
afterEach(() => rmSync(parent, { recursive: true }));

const mode = (path: string) => statSync(path).mode & 0o777;
const moment = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second));

describe('writeKey', () => {
  it('makes a file of one reader in a directory of one reader', async () => {
    const key = await generateKey();
    const file = writeKey(directory, key, moment(0));
    expect(file).toBe(join(directory, `${key.kid}.json`));
    expect(mode(directory)).toBe(0o700);
    expect(mode(file)).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ created: '2030-01-01T00:00:00.000Z', key });
  });

  it('leaves no other file, and takes back what it could not finish', async () => {
    const key = await generateKey();
    writeKey(directory, key);
    expect(readdirSync(directory)).toEqual([`${key.kid}.json`]);

    const broken = { ...(await generateKey()), toJSON: () => { throw new Error('disk full'); } }; // prettier-ignore
    expect(() => writeKey(directory, broken)).toThrow('disk full');
    expect(readdirSync(directory)).toEqual([`${key.kid}.json`]);
  });

  it('refuses a key that is there', async () => {
    const key = await generateKey();
    const file = writeKey(directory, key, moment(0));
    expect(() => writeKey(directory, key, moment(1))).toThrow(expect.objectContaining({ code: 'key_exists' }));
    expect(readStoredKeys(directory)).toEqual([{ created: moment(0).toISOString(), file, key }]);
  });

  it('refuses a key under another name', async () => {
    const key = { ...(await generateKey()), kid: '../../escaped' };
    expect(() => writeKey(directory, key)).toThrow(expect.objectContaining({ code: 'unreadable_key' }));
    expect(existsSync(directory)).toBe(false);
  });

  it('refuses a directory that others can write to', async () => {
    chmodSync(parent, 0o770);
    const key = await generateKey();
    expect(() => writeKey(parent, key)).toThrow(expect.objectContaining({ code: 'insecure_secret_file' }));
    expect(readdirSync(parent)).toEqual([]);
  });
});

describe('readKeys', () => {
  it('gives the newest first', async () => {
    const keys = [await generateKey('ES256'), await generateKey('HS256'), await generateKey('EdDSA')] as const;
    writeKey(directory, keys[1], moment(2));
    writeKey(directory, keys[0], moment(1));
    writeKey(directory, keys[2], moment(3));
    expect(readKeys(directory)).toEqual([keys[2], keys[1], keys[0]]);
  });

  it('orders keys of one moment by kid', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => generateKey('EdDSA')));
    for (const key of keys) writeKey(directory, key, moment(0));
    expect(readKeys(directory).map(({ kid }) => kid)).toEqual(keys.map(({ kid }) => kid).sort());
  });

  it('passes over files that are no keys', async () => {
    const key = await generateKey();
    writeKey(directory, key);
    writeFileSync(join(directory, 'jwks.json'), JSON.stringify(publicKeySet([key])));
    writeFileSync(join(directory, `.${key.kid}.1.tmp`), '{"created":');
    expect(readKeys(directory)).toEqual([key]);
  });

  it('names the command where there is no directory', () => {
    expect(() => readKeys(directory)).toThrow(
      expect.objectContaining({
        code: 'unreadable_key',
        message: expect.stringContaining(`secured-postgrest keys generate --directory ${directory}`) as string,
      }),
    );
  });

  it.each([0o640, 0o604, 0o620, 0o666])('refuses a file of mode %o', async (bits) => {
    chmodSync(writeKey(directory, await generateKey()), bits);
    expect(() => readKeys(directory)).toThrow(expect.objectContaining({ code: 'insecure_secret_file' }));
  });

  it('refuses a directory that others can write to', async () => {
    writeKey(directory, await generateKey());
    chmodSync(directory, 0o777);
    expect(() => readKeys(directory)).toThrow(expect.objectContaining({ code: 'insecure_secret_file' }));
  });

  it.each<[string, (key: PrivateKey) => string]>([
    ['half a file', (key) => JSON.stringify({ created: moment(0), key }).slice(0, -9)],
    ['JSON null', () => 'null'],
    ['no key', () => JSON.stringify({ created: moment(0) })],
    ['no time', (key) => JSON.stringify({ key })],
    ['another kid', (key) => JSON.stringify({ created: moment(0), key: { ...key, kid: 'x' } })],
    ['another point', (key) => JSON.stringify({ created: moment(0), key: { ...key, x: key.y } })],
    ['another algorithm', (key) => JSON.stringify({ created: moment(0), key: { ...key, alg: 'none' } })],
  ])('refuses a file with %s, without showing the key', async (_, content) => {
    const key = await generateKey();
    const file = writeKey(directory, key);
    writeFileSync(file, content(key));
    let error: unknown;
    try {
      readKeys(directory);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'unreadable_key', message: expect.stringContaining(basename(file)) as string });
    expect((error as Error).stack).not.toContain(key.d);
  });
});
