import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readEnvironment } from '../../../stacks/environment.ts';
import { addStacks } from '../../../stacks/index.ts';
import { refusal } from '../../support/errors.ts';
import { temporaryDirectory, testApp, testDeclaration } from '../../support/synth.ts';

/** The options from variables, with secrets in a directory of their own. */
function read(env: NodeJS.ProcessEnv) {
  return readEnvironment('todos', { SECRETS_DIRECTORY: join(temporaryDirectory(), 'secrets'), ...env });
}

it('an empty environment sets no option but the secrets', () => {
  expect(read({ DATABASE_PORT: '' })).toMatchObject({ database: {}, api: {} });
});

it('images, ports, servers and limits come from the environment', () => {
  const { database, api } = read({
    POSTGRES_IMAGE: 'postgres:18',
    POSTGREST_IMAGE: 'postgrest:16',
    DATABASE_PORT: '5433',
    API_PORT: '8080',
    API_SERVERS: '2',
    DATABASE_MEMORY: '4096',
    API_MEMORY: '512',
    DATABASE_CPUS: '3',
    API_CPUS: '1.5',
  });
  expect(database).toEqual({ image: 'postgres:18', port: 5433, memory: 4096, cpus: 3 });
  expect(api).toEqual({ image: 'postgrest:16', port: 8080, servers: 2, memory: 512, cpus: 1.5 });
});

it('the gateway has the port of the API, and is left out on request', () => {
  expect(read({}).gateway).toEqual({ port: 3000 });
  const { gateway } = read({ API_PORT: '80', GATEWAY_IMAGE: 'nginx:1.30.6', GATEWAY_STATUS_PORT: '81' });
  expect(gateway).toEqual({ port: 80, image: 'nginx:1.30.6', statusPort: 81 });
  expect(read({ GATEWAY: 'off' }).gateway).toBe(false);
});

it('the store of the private keys comes from the environment', () => {
  expect(read({ KEYS_FROM_ENV: 'TODOS_KEYS' }).secrets.keys).toMatchObject({
    options: ['--keys-from-env', 'TODOS_KEYS'],
  });
  expect(read({ KEYS_COMMAND: '["cat","keys"]' }).secrets.keys).toMatchObject({
    options: ['--keys-command', '["cat","keys"]'],
  });
});

it.each([
  { DATABASE_PORT: 'abc' },
  { DATABASE_PORT: '0' },
  { API_PORT: '70000' },
  { API_PORT: '0' },
  { API_PORT: 'abc' },
  { API_PORT: '0x50' },
  { API_SERVERS: '1.5' },
  { API_SERVERS: '0' },
  { API_SERVERS: 'two' },
  { DATABASE_CPUS: '0' },
  { API_MEMORY: '1 GB' },
  { API_CPUS: 'all' },
  { GATEWAY: 'false' },
  { GATEWAY_STATUS_PORT: 'none' },
])('%j is refused before a directory is made', (env) => {
  const [[name, value] = []] = Object.entries(env);
  const directory = join(temporaryDirectory(), 'secrets');
  const { code, message } = refusal(() => read({ ...env, SECRETS_DIRECTORY: directory }));
  expect(code).toBe('invalid_prop');
  expect(message).toMatch(new RegExp(`${name}: "${value}" is (not|neither) `));
  expect(existsSync(directory)).toBe(false);
});

it('a command for keys that is not a list of words is refused', () => {
  expect(refusal(() => read({ KEYS_COMMAND: 'cat keys' })).code).toBe('invalid_prop');
});

it('a limit that is too low for the declared pool is refused by the stacks', () => {
  const { app } = testApp();
  const { code, message } = refusal(() => addStacks(app, testDeclaration(), read({ DATABASE_MEMORY: '512' })));
  expect(code).toBe('invalid_prop');
  expect(message).toContain('512 MB');
});
