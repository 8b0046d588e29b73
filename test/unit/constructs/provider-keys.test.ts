import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SecretsDirectory } from '../../../constructs/index.ts';
import type { KeySource } from '../../../declaration/index.ts';
import { generateKey, publicKeySet, storeProviderKeys } from '../../../jwt/index.ts';
import { refusal } from '../../support/errors.ts';
import { testSecrets } from './synth.ts';

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

function source(issuer: string): KeySource {
  const roles = { claim: 'roles', map: { todos_user: 'member' } };
  return { provider: { issuer, jwksUri: `${issuer}/jwks`, audience: 'todos', roles }, own: { generate: 'ES256' } };
}

const keysIn = (secrets: SecretsDirectory, issuer: string) =>
  (JSON.parse(readFileSync(secrets.verificationKeys(source(issuer)).path, 'utf8')) as { keys: unknown[] }).keys;

it('a deploy fetches the keys of the provider, and adds own ones', { timeout: 60_000 }, () => {
  const secrets = testSecrets();
  const [first, own, ...others] = keysIn(secrets, url);
  expect(first).toEqual(key);
  expect(own).toMatchObject({ alg: 'ES256' });
  expect(own).not.toHaveProperty('d');
  expect(others).toEqual([]);
});

it('where the provider does not answer, those that were fetched last count', { timeout: 60_000 }, () => {
  const [secrets, away] = [testSecrets(), 'http://127.0.0.1:1'];
  expect(refusal(() => keysIn(secrets, away)).code).toBe('unreadable_key');
  storeProviderKeys(join(secrets.path, 'keys'), away, { keys: [key] });
  expect(keysIn(secrets, away)[0]).toEqual(key);
});
