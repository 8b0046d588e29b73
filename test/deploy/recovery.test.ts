import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deployment, docker, engineObjects, touched } from '../support/deployment.ts';
import { isNamed } from '../../constructs/docker/is-named.ts';
import { FULL_TESTS } from '../support/fuzz.ts';
import { ask } from '../support/poll.ts';

let todos: Deployment;

beforeAll(async () => {
  todos = await Deployment.of('todos');
  await todos.deploy();
  await addRows();
});

afterAll(() => todos.remove());

async function addRows(): Promise<void> {
  await todos.sql(
    `INSERT INTO api.todos (user_id, title, public) VALUES (1, 'mine', false), (2, 'shown', true), (2, 'hidden', false)`,
  );
}

async function titles(): Promise<string> {
  const token = await todos.tokenFor('todos_user', { user_id: 1 });
  return ask({ name: 'user 1', url: `${todos.url}/todos?select=title&order=title`, token });
}

const HEALTHY = '200 [{"title":"mine"}, \n {"title":"shown"}]';

/** A plain deploy repairs, and the one after it has nothing to do: asked each time with `FULL_TESTS=1`, otherwise twice. */
async function deployRepairs(): Promise<void> {
  await todos.deploy();
  if (FULL_TESTS) await nothingIsLeft();
}

async function nothingIsLeft(): Promise<void> {
  expect(await todos.pending()).toEqual([]);
}

describe('a plain deploy brings back', () => {
  it('a database container', async () => {
    docker('rm', '--force', 'todos-postgres');
    await deployRepairs();
    expect(await titles()).toBe(HEALTHY);
  });

  it('a server container', async () => {
    docker('rm', '--force', 'todos-api-1');
    await deployRepairs();
    expect(await titles()).toBe(HEALTHY);
  });

  it('what a clean-up of stopped containers removes', async () => {
    docker('container', 'prune', '--force', '--filter', 'label=secured-postgrest.name=todos');
    expect(engineObjects('container', 'todos').sort()).toEqual(['todos-api-1', 'todos-postgres']);
    await deployRepairs();
    expect(await titles()).toBe(HEALTHY);
  });

  it('the volumes with the configuration', async () => {
    const volumes = ['todos-keys', 'todos-database-login', 'todos-database-login-fallback', 'todos-root-certificate'];
    const writers = volumes.map((volume) => `${volume}-writer`);
    const written = engineObjects('container', 'todos').filter((name) => writers.some((one) => isNamed(one, name)));
    expect(written).toHaveLength(volumes.length);
    docker('rm', '--force', 'todos-api-1', ...written);
    docker('volume', 'rm', ...volumes);
    await deployRepairs();
    expect(await titles()).toBe(HEALTHY);
  });

  it('the network', async () => {
    for (const name of ['todos-postgres', 'todos-api-1']) docker('network', 'disconnect', '--force', 'todos', name);
    docker('network', 'rm', 'todos');
    await deployRepairs();
    expect(await titles()).toBe(HEALTHY);
  });

  it('the volume with the database, empty but for the declared state', async () => {
    docker('rm', '--force', 'todos-postgres');
    docker('volume', 'rm', 'todos-postgres-data');
    await deployRepairs();
    expect(await titles()).toBe('200 []');
    await addRows();
    expect(await titles()).toBe(HEALTHY);
  });

  it('roles that were changed by hand', async () => {
    await todos.sql(
      'ALTER ROLE todos_user BYPASSRLS LOGIN; REVOKE todos_user FROM todos_authenticator; GRANT pg_read_all_data TO todos_authenticator',
    );
    await deployRepairs();
    expect(await titles()).toBe(HEALTHY);
    const roles = await todos.sql(
      "SELECT rolbypassrls OR rolcanlogin AS open FROM pg_roles WHERE rolname = 'todos_user'",
    );
    expect(roles).toEqual([{ open: false }]);
  });

  it('a role that was dropped by hand', async () => {
    await todos.sql('DROP OWNED BY todos_user; REVOKE todos_user FROM todos_authenticator; DROP ROLE todos_user');
    await deployRepairs();
    expect(await titles()).toBe(HEALTHY);
  });

  it.each([
    ['grants', 'GRANT DELETE ON api.todos TO PUBLIC; REVOKE SELECT ON api.todos FROM todos_user'],
    ['policies', 'CREATE POLICY open ON api.todos USING (true)'],
    ['row security', 'ALTER TABLE api.todos NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY'],
    [
      'functions',
      "CREATE OR REPLACE FUNCTION todos_private.claim(VARIADIC path text[]) RETURNS text LANGUAGE sql AS $$SELECT '2'$$",
    ],
  ])('%s that were changed by hand: only the access SQL runs', async (_, change) => {
    await todos.sql(change);
    expect(await titles()).not.toBe(HEALTHY);
    expect(touched(await todos.deploy())).toEqual(['terraform_data.access_sql_applied']);
    expect(await titles()).toBe(HEALTHY);
  });

  it('what was removed or changed by hand, with nothing left to do', nothingIsLeft);

  it('a lost state: rows and secrets stay', async () => {
    const before = await todos.tokenFor('todos_user', { user_id: 1 });
    for (const file of readdirSync(todos.directory).filter((name) => name.includes('.tfstate')))
      rmSync(join(todos.directory, file));
    await deployRepairs();
    expect(await titles()).toBe(HEALTHY);
    expect(await ask({ name: '', url: `${todos.url}/todos?select=title&order=title`, token: before })).toBe(HEALTHY);
  });

  it('containers that a restart of the engine has stopped', async () => {
    docker('kill', 'todos-postgres', 'todos-api-1');
    await deployRepairs();
    expect(await titles()).toBe(HEALTHY);
    await nothingIsLeft();
  });
});
