import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManagedKeys } from '../../tokens/index.ts';
import { deployedPlaces } from '../support/deployed-places.ts';
import { Deployment, docker } from '../support/deployment.ts';
import { FULL_TESTS } from '../support/fuzz.ts';
import { filesBelow, findSecrets, watchArguments } from '../support/secret-search.ts';

const PLANTED = {
  'admin password': 'Planted+Admin/Passw0rd&%41 "x" {}',
  'authenticator password': 'planted-authenticator/password+é=2',
};
const TOKEN_SECRET = 'planted/HS256+secret=that&is%20long enough';

describe.each([
  ['a generated key (ES256)', undefined],
  ['an existing secret (HS256)', TOKEN_SECRET],
])('no secret leaves its files, with %s', (_, tokenSecret) => {
  let todos: Deployment;
  const secrets: Record<string, string> = { ...PLANTED };
  const places: Record<string, string | Buffer> = {};
  // Both print the same errors; the CLI's start takes half of a deploy.
  const withCli = FULL_TESTS || tokenSecret === undefined;
  const tryDeploy = (env: NodeJS.ProcessEnv = {}) => (withCli ? todos.tryDeployWithCli(env) : todos.tryDeploy(env));
  const deploy = (env?: NodeJS.ProcessEnv) => (withCli ? todos.deployWithCli(env) : todos.deploy(env));

  beforeAll(async () => {
    todos = await Deployment.of('todos');
    plant('admin-password', PLANTED['admin password']);
    plant('authenticator-password', PLANTED['authenticator password']);
    if (tokenSecret !== undefined) {
      plant('planted-secret', tokenSecret);
      secrets['token secret'] = tokenSecret;
      todos.edit('declaration.ts', (text) =>
        text.replace(
          "name: 'todos',",
          `name: 'todos',\n  keys: { secretFile: ${JSON.stringify(join(todos.secrets, 'planted-secret'))} },`,
        ),
      );
    }
    const processes = watchArguments();
    places['deploy log'] = (await deploy({ TF_LOG: 'DEBUG' })).output;
    // Statements that fail are written to Postgres' log; errors to the deploy's.
    todos.edit('policies/own-todos.sql', (text) => text.replace('user_id =', 'nobody_id ='));
    places['log of a deploy that fails'] = (await tryDeploy()).output;
    places['log of a deploy with a wrong password'] = await withWrongPassword();
    todos.edit('policies/own-todos.sql', (text) => text.replace('nobody_id =', 'user_id ='));
    places['log of the next deploy'] = (await deploy()).output;
    places['process arguments'] = processes.stop();
    await fetch(`${todos.url}/todos`, { headers: { Authorization: 'Bearer broken' } });
    for (const [file, key] of privateKeys()) secrets[`private key ${file}`] = key;
    secrets["the database's private key"] = databaseKey();
    Object.assign(places, await deployedPlaces(todos, ['/.secrets/']));
    places['engine events'] = docker('events', '--since', '30m', '--until', '0s');
    if (process.env['DOCKERD_LOG']) places['engine log'] = readFileSync(process.env['DOCKERD_LOG']);
  });

  afterAll(() => todos.remove());

  function plant(name: string, secret: string): void {
    mkdirSync(todos.secrets, { recursive: true, mode: 0o700 });
    writeFileSync(join(todos.secrets, name), secret, { mode: 0o600 });
  }

  async function withWrongPassword(): Promise<string> {
    plant('admin-password', 'wrong-but-secret');
    secrets['wrong password'] = 'wrong-but-secret';
    const { status, output } = await tryDeploy();
    expect(status).not.toBe(0);
    plant('admin-password', PLANTED['admin password']);
    return output;
  }

  function privateKeys(): [string, string][] {
    const directory = join(todos.secrets, 'keys');
    return readManagedKeys(directory).map(({ file, key }) => [file, String(key['d'] ?? key['k'])]);
  }

  /** The second line of the key: it holds most of the secret number. */
  function databaseKey(): string {
    const pem = readFileSync(join(todos.secrets, 'todos-postgres.pem'), 'utf8');
    return pem.slice(pem.indexOf('-----BEGIN PRIVATE')).split('\n')[2]!;
  }

  it('looks where it should', () => {
    const names = Object.keys(places);
    expect(names.filter((name) => /tfstate(\.backup)?$/.test(name)).length).toBeGreaterThanOrEqual(3);
    expect(names.some((name) => name.endsWith('declaration.json'))).toBe(true);
    expect(names.filter((name) => name.startsWith('docker inspect')).length).toBeGreaterThanOrEqual(8);
    expect(String(places['plan of todos-access'])).toContain('postgresql_role');
    expect(String(places['process arguments'])).toContain('--password-file');
    expect(String(places['log of a deploy with a wrong password'])).toContain('password authentication failed');
    expect(String(places['docker logs todos-postgres'])).toContain('nobody_id');
    expect(Object.keys(secrets).length).toBeGreaterThanOrEqual(4);
  });

  it('would find what is there', () => {
    const own = filesBelow(join(todos.directory, '.secrets'), []);
    const found = findSecrets(secrets, own);
    for (const name of Object.keys(secrets).filter((secret) => secret !== 'wrong password')) {
      expect(
        found.some((line) => line.startsWith(`${name} in `)),
        name,
      ).toBe(true);
    }
  });

  it('finds nothing', () => {
    expect(findSecrets(secrets, places)).toEqual([]);
  });

  it('keeps the files themselves private', () => {
    for (const path of Object.keys(filesBelow(todos.secrets, []))) expect(statSync(path).mode & 0o077, path).toBe(0);
    expect(statSync(todos.secrets).mode & 0o077).toBe(0);
  });

  it('keeps authenticator and admin able to sign in', async () => {
    expect((await fetch(`${todos.url}/todos?select=id`)).status).toBe(200);
    expect(await todos.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
