import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changes, Deployment, touched } from '../support/deployment.ts';
import { type Answers, ask, pollDuring, type Probe, showsData } from '../support/poll.ts';

let todos: Deployment;
let probes: Probe[];

beforeAll(async () => {
  todos = await Deployment.of('todos');
  await todos.deploy();
  await todos.sql(`INSERT INTO api.todos (user_id, title, done, public)
    VALUES (1, 'buy milk', false, false), (1, 'water the plants', true, true), (2, 'call the bank', false, false)`);
  const todo = `${todos.url}/todos?select=id,title&order=id`;
  probes = [
    { name: 'anonymous', url: todo },
    { name: 'user 1', url: todo, token: await todos.tokenFor('todos_user', { user_id: 1 }) },
    { name: 'user 2', url: todo, token: await todos.tokenFor('todos_user', { user_id: 2 }) },
    {
      name: 'added table',
      url: `${todos.url}/tags?select=name`,
      token: await todos.tokenFor('todos_user', { user_id: 1 }),
    },
  ];
});

afterAll(() => todos.remove());

/**
 * Deploys while clients ask, and shows that no answer was other than that of before or after, or no data at all.
 * Returns what Terraform touched.
 */
async function deployWatched(): Promise<string[]> {
  const before = await answersNow();
  const { result: run, answers } = await pollDuring(probes, todos.deploy());
  const after = await answersNow();
  for (const { name } of probes) {
    const allowed = new Set([before.get(name), after.get(name)]);
    const surprising = [...(answers.get(name) as Answers).keys()].filter(
      (answer) => !allowed.has(answer) && showsData(answer),
    );
    expect(surprising, `answers to ${name} during the deploy`).toEqual([]);
    expect(answers.get(name)!.size, `answers to ${name}`).toBeGreaterThan(0);
  }
  expect(changes(run)['todos-database']).toBe('no changes');
  return touched(run);
}

async function answersNow(): Promise<Map<string, string>> {
  return new Map(
    await Promise.all(probes.map(async (probe): Promise<[string, string]> => [probe.name, await ask(probe)])),
  );
}

const ACCESS_ONLY = ['terraform_data.access_sql_applied'];

describe('a deploy of a changed declaration changes just that', () => {
  it('policy', async () => {
    todos.edit('policies/own-todos.sql', (text) => `${text.trimEnd()} AND NOT done\n`);
    expect(await deployWatched()).toEqual(ACCESS_ONLY);
    const answers = await answersNow();
    expect(answers.get('user 1')).toBe('200 [{"id":1,"title":"buy milk"}, \n {"id":2,"title":"water the plants"}]');
    await todos.sql('UPDATE api.todos SET done = true WHERE id = 1');
    expect(await ask(probes[1]!)).toBe('200 [{"id":2,"title":"water the plants"}]');
  });

  it('added table', async () => {
    todos.add(
      'migrations/002_tags.sql',
      `CREATE TABLE tags (name text PRIMARY KEY, user_id int NOT NULL);\nINSERT INTO tags VALUES ('home', 1), ('work', 2);\nUPDATE todos SET title = upper(title) WHERE id = 3;\n`,
    );
    todos.edit('declaration.ts', (text) =>
      text.replace(
        'tables: [',
        `tables: [
          {
            name: 'tags',
            grants: [{ to: 'todos_user', select: true }],
            policies: [ownRows({ to: 'todos_user', column: 'user_id', claim: 'user_id', type: 'int' })],
          },`,
      ),
    );
    expect(await deployWatched()).toEqual(ACCESS_ONLY);
    expect(await ask(probes[3]!)).toBe('200 [{"name":"home"}]');
    // A migration changes data although FORCE ROW LEVEL SECURITY binds who runs it.
    expect(await ask(probes[2]!)).toBe(
      '200 [{"id":2,"title":"water the plants"}, \n {"id":3,"title":"CALL THE BANK"}]',
    );
  });

  it('removed policy', async () => {
    todos.edit('declaration.ts', (text) =>
      text.replace(/publicRows\(\{ to: \['todos_anon', 'todos_user'\]/, "publicRows({ to: ['todos_anon']"),
    );
    expect(await deployWatched()).toEqual(ACCESS_ONLY);
    expect(await ask(probes[2]!)).toBe('200 [{"id":3,"title":"CALL THE BANK"}]');
  });

  it('removed role', async () => {
    todos.edit('declaration.ts', (text) =>
      text
        .replace("roles: { anonymous: 'todos_anon', users: ['todos_user'] }", "roles: { users: ['todos_user'] }")
        .replace(/\n\s*\{ to: 'todos_anon', select: \[.*\] \},/, '')
        .replace(/\n\s*publicRows\(.*\),/, ''),
    );
    const addresses = await deployWatched();
    // The server is told that there is no anonymous role; its container is another one.
    expect(addresses).toEqual([
      'docker_container.api_server_api-1',
      'postgresql_role.access_roles_authenticator',
      'postgresql_role.access_roles_todos_anon',
      'terraform_data.access_sql_applied',
      'terraform_data.api_server_ready',
    ]);
    expect(await ask(probes[0]!)).toMatch(/^401 /);
    expect(await todos.sql("SELECT rolname FROM pg_roles WHERE rolname = 'todos_anon'")).toEqual([]);
  });

  it('server setting', async () => {
    todos.edit('declaration.ts', (text) => text.replace("name: 'todos',", "name: 'todos',\n  server: { maxRows: 1 },"));
    expect(await deployWatched()).toEqual(['docker_container.api_server_api-1', 'terraform_data.api_server_ready']);
    await todos.sql("INSERT INTO api.todos (user_id, title) VALUES (1, 'a'), (1, 'b')");
    expect(JSON.parse((await ask(probes[1]!)).slice(4))).toHaveLength(1);
  });

  it('nothing', async () => {
    expect(await deployWatched()).toEqual([]);
  });
});
