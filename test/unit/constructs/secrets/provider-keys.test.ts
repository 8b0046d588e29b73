import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SecretsDirectory } from '../../../../constructs/index.ts';
import type { KeySource, Provider } from '../../../../declaration/index.ts';
import { generateKey, publicKeySet, storeProviderKeys } from '../../../../tokens/index.ts';
import { refusal } from '../../../support/errors.ts';
import { testSecrets } from '../../../support/synth.ts';

/** A provider in a process of its own: constructs are synchronous, so that none in this one could answer. */
const PROVIDER = `
const server = require('node:http').createServer((request, response) => response.end(process.argv[1]));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

let provider: ChildProcess;
let url: string;
let key: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  key = publicKeySet([await generateKey('ES256')]).keys[0]!;
  const answer = JSON.stringify({ keys: [{ ...key, kid: 'enc', use: 'enc' }, key] });
  provider = spawn(process.execPath, ['-e', PROVIDER, answer], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(provider.stdout!, 'data')) as [Buffer];
  url = `http://127.0.0.1:${String(port).trim()}`;
});
afterAll(() => provider.kill());

function source(issuer: string, more: Partial<Provider>): KeySource {
  const roles = { claim: 'roles', map: { todos_user: 'member' } };
  const provider = { issuer, jwksUri: `${issuer}/jwks`, audience: 'todos', roles, ...more };
  return { provider, additionalKeys: { generate: 'ES256' } };
}

const keysIn = (secrets: SecretsDirectory, issuer: string, more: Partial<Provider> = {}) =>
  (JSON.parse(readFileSync(secrets.verificationKeys(source(issuer, more)).path, 'utf8')) as { keys: unknown[] }).keys;

it('a deploy fetches the keys of the provider, and adds own ones', { timeout: 60_000 }, () => {
  const secrets = testSecrets();
  const [first, own, ...others] = keysIn(secrets, url);
  expect(first).toEqual(key);
  expect(own).toMatchObject({ alg: 'ES256' });
  expect(own).not.toHaveProperty('d');
  expect(others).toEqual([]);
});

it('where the provider does not answer, those that were fetched last count', { timeout: 180_000 }, () => {
  const [secrets, away] = [testSecrets(), 'http://127.0.0.1:1'];
  expect(refusal(() => keysIn(secrets, away)).code).toBe('unreadable_key');
  const directory = join(secrets.path, 'keys');
  storeProviderKeys(directory, { issuer: away, jwksUri: `${away}/jwks` }, { keys: [key] });
  expect(keysIn(secrets, away)[0]).toEqual(key);
  // Older than it is declared.
  expect(refusal(() => keysIn(secrets, away, { keysMaximumAgeSeconds: 1e-3 })).code).toBe('unreadable_key');
});
