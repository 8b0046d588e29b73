import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  fetchProviderKeys,
  generateKey,
  loadVerificationKeys,
  providerKeysFetched,
  publicKeySet,
  storeProviderKeys,
} from '../../../../tokens/index.ts';
import { refusal } from '../../../support/errors.ts';
import { run } from '../../../support/run-cli.ts';

/** What the provider answers, by path; text is sent as it is. */
const answers = new Map<string, unknown>();
const DISCOVERY = '/.well-known/openid-configuration';
let server: Server;
let issuer: string;
let key: Record<string, unknown>;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'provider-keys-'));
  server = createServer(({ url = '' }, response) => {
    const answer = answers.get(url);
    if (answer === undefined) response.writeHead(503).end();
    else if (answer instanceof URL) response.writeHead(302, { Location: answer.href }).end();
    else if (answer !== null) response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  key = publicKeySet([await generateKey('ES256')]).keys[0]!;
});
beforeEach(() => {
  answers.clear();
  answers.set(DISCOVERY, { issuer, jwks_uri: `${issuer}/jwks` }).set('/jwks', { keys: [key] });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

const codeOf = (location: { issuer: string; jwksUri?: string }) =>
  fetchProviderKeys(location, { timeoutMs: 1000 }).then(
    () => 'none',
    (error: Error & { code?: string }) => error.code,
  );

it('fetches the keys that discovery names, and those of a URL that is declared', async () => {
  expect((await fetchProviderKeys({ issuer })).keys).toEqual([key]);
  answers.delete(DISCOVERY);
  expect((await fetchProviderKeys({ issuer, jwksUri: `${issuer}/jwks` })).keys).toEqual([key]);
});

it('leaves out what is not for signatures, by name', async () => {
  const others = [{ ...key, kid: 'e', use: 'enc' }, { kty: 'EC', crv: 'secp256k1' }, { kty: 'AKP' }];
  answers.set('/jwks', { keys: [...others, key] });
  const { keys, leftOut } = await fetchProviderKeys({ issuer });
  expect(keys).toEqual([key]);
  expect(leftOut).toEqual([
    expect.stringContaining('use "enc"'),
    expect.stringContaining('ES256K'),
    expect.stringContaining('keys[2]'),
  ]);
});

it.each<[string, string, unknown]>([
  ['private_key_in_key_set', '/jwks', { keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'c' }] }],
  ['invalid_key_set', '/jwks', { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }],
  ['invalid_key_set', '/jwks', []],
  ['empty_key_set', '/jwks', { keys: [] }],
  ['empty_key_set', '/jwks', { keys: [{ kty: 'AKP' }] }],
  ['invalid_provider', '/jwks', '<html>'],
  ['invalid_provider', '/jwks', ' '.repeat(1_000_000)],
  ['invalid_provider', DISCOVERY, { issuer: 'https://other.example.com', jwks_uri: 'https://other.example.com' }],
  ['invalid_provider', DISCOVERY, {}],
  ['invalid_provider', DISCOVERY, null],
  ['provider_unreachable', '/jwks', undefined],
  ['provider_unreachable', DISCOVERY, undefined],
  ['provider_unreachable', '/jwks', new URL('http://127.0.0.1:1/jwks')],
])('%s: %s answers %j', async (code, path, answer) => {
  if (answer === undefined) answers.delete(path);
  else answers.set(path, answer === null ? 'null' : answer);
  expect(await codeOf({ issuer })).toBe(code);
});

it('asks nobody without encryption, but on this machine', async () => {
  for (const url of ['http://example.com', 'ftp://example.com', 'file:///etc/passwd', 'http://user@127.0.0.1', 'none'])
    expect(await codeOf({ issuer, jwksUri: url })).toBe('invalid_provider');
  answers.set(DISCOVERY, { issuer, jwks_uri: 'http://example.com/jwks' });
  expect(await codeOf({ issuer })).toBe('invalid_provider');
});

it('waits no longer than it is told', async () => {
  // The server does not answer.
  answers.set('/jwks', null);
  expect(await codeOf({ issuer })).toBe('provider_unreachable');
});

it('keeps them, for this issuer, this place and this user alone', async () => {
  const file = storeProviderKeys(directory, { issuer }, await fetchProviderKeys({ issuer }));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const source = { provider: { issuer, audience: 'x', roles: { claim: 'roles', map: { member: 'member' } } } };
  expect(loadVerificationKeys(source, directory)).toEqual({ keys: [key] });
  const other = { provider: { ...source.provider, issuer: 'https://other.example.com' } };
  expect(() => loadVerificationKeys(other, directory)).toThrow('there are no keys of "https://other.example.com"');
  const elsewhere = { provider: { ...source.provider, jwksUri: `${issuer}/other` } };
  expect(() => loadVerificationKeys(elsewhere, directory)).toThrow(`from ${issuer}/other; fetch them with`);
  expect(() => loadVerificationKeys(elsewhere, directory)).toThrow(`--jwks-uri ${issuer}/other`);
});

it('tells how old the kept ones are, and refuses older ones', () => {
  const location = { issuer };
  const file = storeProviderKeys(directory, location, { keys: [key] });
  const keptSince = (fetched: string) =>
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), fetched }));
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  keptSince(daysAgo(2));
  expect(providerKeysFetched(directory, location, 3 * 86_400)).toMatch(/^20/);
  expect(providerKeysFetched(directory, { issuer, jwksUri: `${issuer}/other` }, 3600)).toBeUndefined();
  for (const [since, maximum] of [
    [daysAgo(2), 86_400],
    [daysAgo(2), NaN],
    ['nobody knows', 86_400],
  ] as const) {
    keptSince(since);
    expect(refusal(() => providerKeysFetched(directory, location, maximum)).code).toBe('kept_keys_too_old');
  }
});

it(
  'keys fetch goes on with the kept ones where it is told, and the provider does not answer',
  { timeout: 180_000 },
  async () => {
    const fetchInto = (folder: string, ...options: string[]) =>
      run('keys', 'fetch', '--directory', join(directory, folder), '--issuer', issuer, ...options);
    expect(await fetchInto('new')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 key of') as string });
    answers.clear();
    expect(await fetchInto('new')).toMatchObject({ code: 1 });
    expect(await fetchInto('none', '--or-kept')).toMatchObject({ code: 1 });
    const kept = await fetchInto('new', '--or-kept');
    expect(kept.code).toBe(0);
    expect(kept.stderr).toMatch(/no answer \(status 503\)[^]*going on with the keys that were fetched at 20/);
    // From elsewhere they are none, and old ones do not count.
    for (const [code, ...options] of [
      ['provider_unreachable', '--jwks-uri', `${issuer}/other`],
      ['kept_keys_too_old', '--maximum-age', '0'],
    ] as const)
      expect(await fetchInto('new', '--or-kept', ...options)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(new RegExp(`no answer[^]*\\[${code}\\]`)) as string,
      });
  },
);
