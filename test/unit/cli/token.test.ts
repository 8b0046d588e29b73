import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { generateKey, publicKeySet, writeKey, type PrivateKey } from '../../../jwt/index.ts';
import { run } from './run.ts';

let directory: string;
let key: PrivateKey;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'keys-'));
  key = await generateKey();
  writeKey(directory, await generateKey('HS256'), new Date(0));
  writeKey(directory, key);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const mint = (...args: string[]) => run('token', 'mint', '--directory', directory, '--role', 'todo_user', ...args);
const verify = (token: string) => jwtVerify(token.trim(), createLocalJWKSet(publicKeySet([key]) as JSONWebKeySet));

it('prints a token of an hour, signed with the newest key', async () => {
  const { code, stdout, stderr } = await mint();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { payload, protectedHeader } = await verify(stdout);
  expect(protectedHeader.kid).toBe(key.kid);
  expect(payload).toEqual({ role: 'todo_user', iat: payload.iat, exp: (payload.iat ?? 0) + 3600 });
});

it('takes claims as JSON or text', async () => {
  const claims = ['user_id=7', 'name=Ada', 'id="7"', 'ids=[1,2]', 'note=a=b', 'empty='];
  const options = ['--audience', 'todos', '--issuer', 'me', '--subject', 'ada', '--expires-in', '60'];
  const { stdout } = await mint(...claims.flatMap((claim) => ['--claim', claim]), ...options);
  const { payload } = await verify(stdout);
  expect(payload).toEqual({
    ...{ role: 'todo_user', aud: 'todos', iss: 'me', sub: 'ada', iat: payload.iat, exp: (payload.iat ?? 0) + 60 },
    ...{ user_id: 7, name: 'Ada', id: '7', ids: [1, 2], note: 'a=b', empty: '' },
  });
});

it.each([
  ['a claim with an option of its own', ['--claim', 'role=postgres'], /\[invalid_token_claim\]/],
  ['a lifetime that is no number', ['--expires-in', 'soon'], /\[invalid_token_claim\]/],
  ['a claim without a value', ['--claim', 'user_id'], /name=value/],
  ['a claim twice', ['--claim', 'a=1', '--claim', 'a=2'], /twice/],
  ['a number that would be rounded', ['--claim', 'id=12345678901234567890'], /too large/],
])('refuses %s', async (_, args, message) => {
  const { code, stdout, stderr } = await mint(...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(message);
});

it('refuses a directory without keys', async () => {
  rmSync(directory, { recursive: true });
  expect((await mint()).stderr).toMatch(/\[unreadable_key\]/);
});
