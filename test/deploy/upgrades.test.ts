import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deployment, docker, runningServers, runProgram } from '../support/deployment.ts';
import { shellLines } from '../support/docs/markdown.ts';
import { hasImages, postgrest16Image } from '../support/images.ts';
import { needs } from '../support/needs.ts';
import { ask } from '../support/poll.ts';

const { POSTGRES_15_IMAGE: OLD = '', POSTGRES_18_IMAGE: NEW = '' } = process.env;

const PAGE = 'docs/upgrades.md';

let todos: Deployment;

beforeAll(async () => {
  todos = await Deployment.of('todos', { POSTGRES_IMAGE: OLD });
  await todos.deploy();
  await todos.sql(`INSERT INTO api.todos (user_id, title) VALUES (1, 'before the upgrade')`);
});

afterAll(async () => {
  await todos.remove();
  docker('volume', 'rm', '--force', 'todos-postgres-data-15');
});

async function titles(): Promise<string> {
  const token = await todos.tokenFor('todos_user', { user_id: 1 });
  return ask({ name: 'user 1', url: `${todos.url}/todos?select=title`, token });
}

const ROW = '200 [{"title":"before the upgrade"}]';

const containers = () =>
  ['todos-postgres', 'todos-api-1'].map((name) => docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', name));

/** Runs a line as the page shows it: with the images of the tests, and with deploys that ask nothing. */
async function run(line: string): Promise<void> {
  const [, variable, value = '', , stack] = /^(\w+)=(\S+) (npm run deploy|npx cdktf deploy (\S+))$/.exec(line) ?? [];
  const env = {
    POSTGRES_IMAGE: value.startsWith('postgres:15') ? OLD : NEW,
    ...(variable === 'POSTGREST_IMAGE' && { POSTGREST_IMAGE: postgrest16Image }),
  };
  const { status, output } =
    variable !== undefined
      ? await todos.cdktf(['deploy', stack ?? '*', '--auto-approve', '--skip-provider-lock'], env)
      : await runProgram('bash', ['-o', 'pipefail', '-ec', line.replace(' postgres:15 ', ` ${OLD} `)], {
          cwd: todos.directory,
          env: process.env,
        });
  expect(status, `${line}\n${output}`).toBe(0);
}

async function majorVersion(): Promise<number> {
  const query = `SELECT current_setting('server_version_num')::int / 10000 AS major`;
  return (await todos.sql<{ major: number }>(query))[0]!.major;
}

describe('another major version of PostgreSQL', () => {
  it('is rejected before anything is replaced, and the API still answers', async () => {
    const before = containers();
    const { status, output } = await todos.tryDeploy({ POSTGRES_IMAGE: NEW });
    expect(status).not.toBe(0);
    expect(output.replaceAll(/\s+/g, ' ')).toContain(
      `volume "todos-postgres-data" has the data of PostgreSQL 15, and "${NEW}" is PostgreSQL 18`,
    );
    expect(output).toContain('[major_version_changed]');
    expect(containers()).toEqual(before);
    expect(await titles()).toBe(ROW);
  });

  it('gets the data with the commands of docs/upgrades.md', async () => {
    for (const line of shellLines(PAGE, 'Another major version of PostgreSQL')) await run(line);
    expect(await majorVersion()).toBe(18);
    expect(await titles()).toBe(ROW);
  });

  it('is rejected on the way back as well', async () => {
    const { output } = await todos.tryDeploy({ POSTGRES_IMAGE: OLD });
    expect(output).toContain('[major_version_changed]');
    expect(await titles()).toBe(ROW);
  });
});

it('PostgREST 16 takes the place of 12 with the command of docs/upgrades.md', async (context) => {
  const missing = `no image ${postgrest16Image}, which build.sh makes where postgrest-16 is on the PATH`;
  needs(context, hasImages(postgrest16Image) ? undefined : missing);
  const before = runningServers('todos');
  for (const line of shellLines(PAGE, 'PostgREST')) await run(line);
  expect(runningServers('todos')).not.toEqual(before);
  expect(await titles()).toBe(ROW);
});

it('the kept data of the old version come back with the commands of docs/upgrades.md', async () => {
  await todos.sql(`INSERT INTO api.todos (user_id, title) VALUES (1, 'after the upgrade')`);
  for (const line of shellLines(PAGE, 'Back to the old version')) await run(line);
  expect(await majorVersion()).toBe(15);
  expect(await titles()).toBe(ROW);
  expect(await todos.pending()).toEqual([]);
});
