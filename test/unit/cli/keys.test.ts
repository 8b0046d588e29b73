import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { generateKey, publicKeySet, readKeys, writeKey } from '../../../jwt/index.ts';
import { run } from './run.ts';

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'keys-'));
  directory = join(parent, 'keys');
});
afterEach(() => rmSync(parent, { recursive: true }));

it('generates an ES256 key and prints its kid and file', async () => {
  const { code, stdout } = await run('keys', 'generate', '--directory', directory);
  const [key] = readKeys(directory);
  const file = join(directory, `${key?.kid}.json`);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${key?.kid} ${file}\n` });
  expect(key?.alg).toBe('ES256');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('generates the key it is asked for and prints JSON', async () => {
  const { stdout } = await run('keys', 'generate', '--directory', directory, '--algorithm', 'EdDSA', '--json');
  const [key] = readKeys(directory);
  expect(JSON.parse(stdout)).toEqual({ kid: key?.kid, algorithm: 'EdDSA', file: join(directory, `${key?.kid}.json`) });
});

it('refuses other algorithms and a missing directory option', async () => {
  const unknown = await run('keys', 'generate', '--directory', directory, '--algorithm', 'none');
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toMatch(/Allowed choices are ES256, RS256, EdDSA, HS256/);
  expect((await run('keys', 'generate')).code).toBe(1);
  expect(readdirSync(parent)).toEqual([]);
});

it('lists the keys, the newest first, without their private parts', async () => {
  const [old, young] = [await generateKey('HS256'), await generateKey('ES256')];
  const files = [writeKey(directory, young, new Date(2e12)), writeKey(directory, old, new Date(1e12))];
  const list = await run('keys', 'list', '--directory', directory);
  expect(list).toEqual({
    code: 0,
    stdout:
      `${young.kid} ES256 2033-05-18T03:33:20.000Z ${files[0]}\n` +
      `${old.kid} HS256 2001-09-09T01:46:40.000Z ${files[1]}\n`,
    stderr: '',
  });
  const json = await run('keys', 'list', '--directory', directory, '--json');
  expect(JSON.parse(json.stdout)).toEqual([
    { kid: young.kid, algorithm: 'ES256', created: '2033-05-18T03:33:20.000Z', file: files[0] },
    { kid: old.kid, algorithm: 'HS256', created: '2001-09-09T01:46:40.000Z', file: files[1] },
  ]);
});

it('prints the public set, and no secret ever', async () => {
  const [secret, pair] = [await generateKey('HS256'), await generateKey('ES256')];
  writeKey(directory, secret);
  const none = await run('keys', 'jwks', '--directory', directory);
  expect(none).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('[empty_key_set]') as string });
  writeKey(directory, pair);
  const { stdout } = await run('keys', 'jwks', '--directory', directory);
  expect(JSON.parse(stdout)).toEqual(publicKeySet([pair]));
});
