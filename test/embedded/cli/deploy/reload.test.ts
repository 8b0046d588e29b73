import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { serverSettings } from '../../../../compile/server/settings.ts';
import {
  startEphemeralPostgrest,
  startPostgrest,
  type EphemeralPostgrest,
  type RunningPostgrest,
} from '../../../../testing/index.ts';
import declaration from '../../../../examples/todos/declaration.ts';
import {
  addKey,
  generateKey,
  keyProbes,
  loadVerificationKeys,
  publicKeySet,
  readKeys,
  readToken,
  revokeKey,
  rotateKeys,
  signToken,
} from '../../../../tokens/index.ts';
import type { JsonWebKeySet, KeySource } from '../../../../declaration/types.ts';
import { run } from '../../../support/run-cli.ts';

let parent: string;
let directory: string;
let environment: EphemeralPostgrest;
let servers: RunningPostgrest[];
/** Does not hear of anything. */
let deaf: RunningPostgrest;

const file = (name: string) => join(parent, name);
const write = (name: string, content: string) => {
  writeFileSync(file(name), content, { mode: 0o600 });
  return `@${file(name)}`;
};
const give = (set: JsonWebKeySet) => write('jwks.json', JSON.stringify(set));
const giveDirectory = (source: KeySource = { generate: 'ES256' }) => give(loadVerificationKeys(source, directory));

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'reload-'));
  environment = await startEphemeralPostgrest(declaration);
  write('admin-password', decodeURIComponent(new URL(environment.databaseUrl).password));
  const places = {
    databaseUri: write('database-uri', environment.databaseUrl),
    jwtSecret: give(publicKeySet([await generateKey()])),
    port: 3000,
    adminPort: 3001,
  };
  const env = serverSettings(declaration, { ...places, version: '12.0.2' });
  servers = [await startPostgrest({ env }), await startPostgrest({ env })];
  deaf = await startPostgrest({ env: { ...env, PGRST_DB_CHANNEL_ENABLED: 'false' } });
});
afterAll(async () => {
  await Promise.all([...servers, deaf].map((server) => server.stop()));
  await environment.stop();
  rmSync(parent, { recursive: true });
});
beforeEach(async () => {
  directory = mkdtempSync(join(parent, 'keys-'));
  addKey(directory, await generateKey());
});

function reload(asked: readonly RunningPostgrest[], ...options: string[]) {
  const { hostname, port, username, pathname } = new URL(environment.databaseUrl);
  return run(
    ...['reload', '--host', hostname, '--port', port, '--user', username, '--database', pathname.slice(1)],
    ...['--password-file', file('admin-password'), '--key-set', file('jwks.json')],
    ...asked.flatMap(({ url }) => ['--server', url]),
    ...options,
  );
}

const statuses = (token: string) =>
  Promise.all(
    servers.map(async ({ url }) => {
      const { status } = await fetch(`${url}/todos`, { headers: { Authorization: `Bearer ${token}` } });
      return status;
    }),
  );

it('ends when each server uses the keys, of any algorithm, and when those that were revoked are not used', async () => {
  addKey(directory, await generateKey('EdDSA'));
  addKey(directory, await generateKey('HS256'));
  giveDirectory();
  expect(await reload(servers, '--directory', directory)).toEqual({ code: 0, stdout: '', stderr: '' });
  const { key, previous } = await rotateKeys(directory, 'ES256');
  revokeKey(directory, previous.key.kid, { force: true });
  giveDirectory();
  expect(await reload(servers, '--directory', directory)).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await statuses(await signToken(key.key, { role: 'todos_user' }))).toEqual([200, 200]);
  expect(await statuses(await signToken(previous.key, { role: 'todos_user' }))).toEqual([401, 401]);
});

it('ends when each server uses a secret that is not in the directory', async () => {
  write('secret', 'a secret of somebody who keeps it in a file');
  giveDirectory({ secretFile: file('secret') });
  expect(await reload(servers, '--directory', directory)).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('names the server that does not take the keys, and which one', async () => {
  giveDirectory();
  const kid = loadVerificationKeys({ generate: 'ES256' }, directory).keys[0]!['kid'] as string;
  const { code, stderr } = await reload([...servers, deaf], '--directory', directory, '--timeout', '2');
  expect(code).toBe(1);
  expect(stderr).toContain(`${deaf.url}: after 2 s the server does not trust the key ${kid} yet`);
  expect(stderr).toContain('[keys_not_used]');
});

it('names the server that still trusts a key', async () => {
  const stolen = await generateKey();
  giveDirectory();
  const { keys } = loadVerificationKeys({ generate: 'ES256' }, directory);
  addKey(directory, stolen);
  give({ keys: [...keys, ...publicKeySet([stolen]).keys] });
  await reload(servers, '--directory', directory);
  // What the command is told is not what the servers can read.
  writeFileSync(file('other.json'), JSON.stringify({ keys }));
  const { stderr } = await reload(servers, '--directory', directory, '--key-set', file('other.json'), '--timeout', '1');
  expect(stderr).toContain(`${servers[0]!.url}: after 1 s the server still trusts the key ${stolen.kid}`);
});

it('says that nobody can show it of keys that are all somebody else’s', async () => {
  const key = await generateKey();
  give(publicKeySet([key]));
  const { code, stderr } = await reload(servers);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining('another issuer has the private keys') as string,
  });
});

it('takes nobody for a server who is none', async () => {
  giveDirectory();
  const other = createServer((_, response) => response.end('<h1>hello</h1>')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { stderr } = await reload([{ url } as RunningPostgrest], '--directory', directory, '--timeout', '0');
  other.close();
  expect(stderr).toContain(`${url}: after 0 s the server does not answer as PostgREST does (SyntaxError)`);
});

it('asks with tokens that nobody gains anything by', async () => {
  giveDirectory();
  await reload(servers, '--directory', directory);
  const [key] = readKeys(directory);
  const [probe] = await keyProbes(loadVerificationKeys({ generate: 'ES256' }, directory), [key!]);
  expect(await statuses(probe!.token)).toEqual([401, 401]);
  expect(readToken(probe!.token).claims).toMatchObject({ role: 'nobody' });
  expect(await statuses(await signToken(key!, { role: 'todos_user' }))).toEqual([200, 200]);
});
