import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deployment, touched } from '../support/deployment.ts';
import { failingDeploy, fillTodos } from '../support/failing-deploy.ts';
import { ask, type Probe } from '../support/poll.ts';

let todos: Deployment;
let probes: Probe[];

beforeAll(async () => {
  todos = await Deployment.of('todos');
  await todos.deploy();
  probes = await fillTodos(todos);
});

afterAll(() => todos.remove());

describe('a deploy with broken SQL fails, says where, and leaves the API as it was', () => {
  it('policy that names an unknown column', async () => {
    todos.edit('policies/own-todos.sql', (text) => text.replace('user_id =', 'nobody_id ='));
    const { output } = await failingDeploy(todos, probes, () => todos.tryDeployWithCli());
    expect(output).toContain('policies/own-todos.sql:2');
    expect(output).toContain('column "nobody_id" does not exist');
  });

  it('with a server setting that changes as well: the servers are not touched', async () => {
    todos.edit('declaration.ts', (text) => text.replace("name: 'todos',", "name: 'todos',\n  server: { maxRows: 1 },"));
    const run = await failingDeploy(todos, probes);
    expect(touched(run)).toEqual(['terraform_data.access_sql_applied']);
    todos.edit('declaration.ts', (text) => text.replace('\n  server: { maxRows: 1 },', ''));
  });

  it('policy that is no condition: it does not even get to Terraform', async () => {
    todos.edit('policies/own-todos.sql', (text) => `${text}; DROP TABLE api.todos`);
    const run = await failingDeploy(todos, probes, () => todos.tryDeployWithCli());
    expect(run.output).toContain('a condition cannot hold ";"');
    expect(touched(run)).toEqual([]);
  });

  it('the corrected policy is deployed', async () => {
    todos.edit(
      'policies/own-todos.sql',
      () => 'user_id = (SELECT :"private".try_cast(:"private".claim(\'user_id\'), NULL::int)) AND id > 1\n',
    );
    await todos.deploy();
    expect(await ask(probes[1]!)).toBe('200 [{"id":2,"title":"water the plants"}]');
  });

  it('migration with a syntax error', async () => {
    todos.add(
      'migrations/002_labels.sql',
      "CREATE TABLE labels (\n  name text\n);\n\nINSERT INTO labels\n  VALEUS ('a');\n",
    );
    const { output } = await failingDeploy(todos, probes);
    expect(output).toContain('migrations/002_labels.sql:6');
    expect(output).toContain('syntax error at or near "VALEUS"');
  });

  it('migration that fails half-way', async () => {
    todos.add(
      'migrations/002_labels.sql',
      "CREATE TABLE labels (name text PRIMARY KEY);\nUPDATE todos SET title = 'changed';\nINSERT INTO labels VALUES ('a');\nINSERT INTO labels\n  VALUES ('a');\n",
    );
    const { output } = await failingDeploy(todos, probes);
    expect(output).toContain('migrations/002_labels.sql:4');
    expect(output).toContain('duplicate key value violates unique constraint "labels_pkey"');
    expect(await todos.sql("SELECT to_regclass('api.labels') AS labels")).toEqual([{ labels: null }]);
  });

  it('declared table that no migration makes', async () => {
    todos.add('migrations/002_labels.sql', 'CREATE TABLE label (name text PRIMARY KEY);\n');
    todos.edit('declaration.ts', (text) =>
      text.replace(
        'tables: [',
        "tables: [\n    { name: 'labels', grants: [{ to: 'todos_user', select: true }], policies: [publicRows({ to: 'todos_user', where: { name: 'a' } })] },",
      ),
    );
    const { output } = await failingDeploy(todos, probes);
    expect(output).toContain('there is no table api.labels');
  });

  it('view that would show every row', async () => {
    todos.add(
      'migrations/002_labels.sql',
      'CREATE TABLE labels (name text PRIMARY KEY);\nCREATE MATERIALIZED VIEW all_todos AS SELECT * FROM todos;\n',
    );
    todos.edit('declaration.ts', (text) =>
      text.replace(
        'tables: [',
        "views: [{ name: 'all_todos', grants: [{ to: 'todos_anon', select: true }] }],\n  tables: [",
      ),
    );
    const { output } = await failingDeploy(todos, probes);
    expect(output).toContain('view_bypasses_policies: api.all_todos');
  });

  it('the corrected migration is deployed', async () => {
    todos.add(
      'migrations/002_labels.sql',
      "CREATE TABLE labels (name text PRIMARY KEY);\nINSERT INTO labels VALUES ('a'), ('b');\n",
    );
    todos.edit('declaration.ts', (text) => text.replace(/views: .*\n/, ''));
    await todos.deploy();
    expect(await ask({ name: '', url: `${todos.url}/labels`, token: probes[1]!.token! })).toBe('200 [{"name":"a"}]');
  });
});

it('a deploy that is interrupted in a migration ends it at once, and the next one finishes', async () => {
  const before = await Promise.all(probes.map(ask));
  todos.add('migrations/003_slow.sql', 'CREATE TABLE slow ();\nSELECT pg_sleep(600);\n');
  const sleeping = () => todos.sql(`SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'`);
  let interrupted: Promise<void> | undefined;
  const run = await todos.tryDeploy({}, (output, pid) => {
    if (!/sql_applied\S+: Provisioning/.test(output)) return;
    interrupted ??= expect
      .poll(sleeping, { timeout: 60_000 })
      .toHaveLength(1)
      .then(() => void process.kill(pid, 'SIGINT'));
  });
  await interrupted;
  expect(run.output).toContain('Interrupt received');
  await expect.poll(sleeping, { timeout: 60_000 }).toEqual([]);
  expect(await Promise.all(probes.map(ask))).toEqual(before);
  todos.add('migrations/003_slow.sql', 'CREATE TABLE slow ();\n');
  await todos.deploy();
  expect(await Promise.all(probes.map(ask))).toEqual(before);
});
