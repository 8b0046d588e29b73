import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  generateKey,
  publicKeySet,
  readKeys,
  readManagedKeys,
  writeKey,
  type ManagedKey,
} from '../../../tokens/index.ts';
import { run } from '../../support/run-cli.ts';

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'keys-'));
  directory = join(parent, 'keys');
});
afterEach(() => rmSync(parent, { recursive: true }));

it('generates an ES256 key and prints what it is and its file', async () => {
  const { code, stdout } = await run('keys', 'generate', '--directory', directory);
  const [managed] = readManagedKeys(directory);
  const file = join(directory, `${managed!.key.kid}.json`);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `${managed!.key.kid} ES256 in_use since ${managed!.since} ${file}\n`,
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('generates the key it is asked for and prints JSON', async () => {
  const { stdout } = await run('keys', 'generate', '--directory', directory, '--algorithm', 'EdDSA', '--json');
  const [{ key, file, created, since }] = readManagedKeys(directory) as [ManagedKey];
  expect(JSON.parse(stdout)).toEqual([{ kid: key.kid, algorithm: 'EdDSA', state: 'in_use', since, created, file }]);
});

it('refuses other algorithms and a missing directory option', async () => {
  const unknown = await run('keys', 'generate', '--directory', directory, '--algorithm', 'none');
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toMatch(/Allowed choices are ES256, RS256, EdDSA, HS256/);
  expect((await run('keys', 'generate')).code).toBe(1);
  expect(readdirSync(parent)).toEqual([]);
});

it('lists the keys, the newest first, without their private parts', async () => {
  const [older, old, young] = [await generateKey(), await generateKey('HS256'), await generateKey()];
  const files = [writeKey(directory, young, new Date(2e12)), writeKey(directory, old, new Date(1e12))];
  files.push(writeKey(directory, older, new Date(0)));
  const life = ['--token-lifetime', '60', '--propagation', '10'];
  const list = await run('keys', 'list', '--directory', directory, ...life);
  const [now, then] = ['2033-05-18T03:33:20.000Z', '2001-09-09T01:46:40.000Z'];
  expect(list).toEqual({
    code: 0,
    stdout: [
      `${young.kid} ES256 in_use since ${now} ${files[0]}\n`,
      `${old.kid} HS256 in_use since ${then} ${files[1]}\n`,
      `${older.kid} ES256 previously_used since ${now}, safe to revoke from 2033-05-18T03:35:00.000Z on ${files[2]}\n`,
    ].join(''),
    stderr: '',
  });
  const json = await run('keys', 'list', '--directory', directory, '--json', ...life);
  expect(JSON.parse(json.stdout)).toEqual([
    { kid: young.kid, algorithm: 'ES256', state: 'in_use', since: now, created: now, file: files[0] },
    { kid: old.kid, algorithm: 'HS256', state: 'in_use', since: then, created: then, file: files[1] },
    {
      ...{ kid: older.kid, algorithm: 'ES256', state: 'previously_used', since: now },
      ...{ created: '1970-01-01T00:00:00.000Z', file: files[2], safeToRevoke: '2033-05-18T03:35:00.000Z' },
    },
  ]);
});

it('rotates, revokes, takes back and removes', { timeout: 120_000 }, async () => {
  const keys = (...args: string[]) => run('keys', ...args, '--directory', directory);
  const states = () => readManagedKeys(directory).map(({ state }) => state);
  await keys('generate');
  const old = readManagedKeys(directory)[0]!.key.kid;
  expect((await keys('rotate')).stderr).toMatch(/deploy before you sign with it/);
  expect(states()).toEqual(['in_use', 'previously_used']);
  expect(await keys('revoke', '--kid', old)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/--force.*\[key_in_use\]/) as string,
  });
  expect((await keys('revoke', '--kid', old, '--token-lifetime', 'long')).stderr).toMatch(/write seconds as a number/);
  expect((await keys('revoke', '--kid', old, '--force')).stdout).toMatch(`${old} ES256 revoked since`);
  await keys('undo');
  expect(states()).toEqual(['in_use', 'previously_used']);
  await keys('revoke', '--kid', old, '--force');
  expect((await keys('remove', '--kid', old)).stdout).not.toContain(old);
  expect((await keys('remove', '--kid', old)).stderr).toMatch(/\[unknown_key\]/);
});

describe('imports', () => {
  it.each(['ES256', 'EdDSA', 'RS256', 'HS256'] as const)('a JWK for %s', async (algorithm) => {
    const key = await generateKey(algorithm);
    writeFileSync(join(parent, 'key.json'), JSON.stringify({ ...key, kid: 'another', ext: true }));
    await run('keys', 'import', join(parent, 'key.json'), '--directory', directory);
    expect(readKeys(directory)).toEqual([key]);
  });

  it('PEM', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(parent, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await run('keys', 'import', join(parent, 'key.pem'), '--directory', directory);
    expect(readKeys(directory)).toMatchObject([{ ...privateKey.export({ format: 'jwk' }), alg: 'EdDSA' }]);
  });

  const { publicKey } = generateKeyPairSync('ed25519');
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
  it.each([
    ['text', 'secret', 'unreadable_key'],
    ['a public key', publicKey.export({ type: 'spki', format: 'pem' }), 'unreadable_key'],
    ['a public JWK', JSON.stringify(publicKey.export({ format: 'jwk' })), 'unreadable_key'],
    ['a weak RSA key', weak.export({ type: 'pkcs8', format: 'pem' }), 'weak_key'],
    ['a curve that nothing here signs with', JSON.stringify(curve.export({ format: 'jwk' })), 'unsupported_algorithm'],
    ['a short secret', '{"kty":"oct","k":"c2hvcnQ"}', 'weak_secret'],
  ])('not %s', async (_, text, code) => {
    writeFileSync(join(parent, 'key'), text);
    const { stderr } = await run('keys', 'import', join(parent, 'key'), '--directory', directory);
    expect(stderr).toMatch(new RegExp(`^[^:]*: ${join(parent, 'key')}: .*\\[${code}\\]`));
    expect(stderr).not.toContain('c2hvcnQ');
    expect(existsSync(directory)).toBe(false);
  });

  it('not a file that is not there', async () => {
    const { stderr } = await run('keys', 'import', join(parent, 'none'), '--directory', directory);
    expect(stderr).toMatch(/cannot be read.*\[unreadable_key\]/);
  });
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
