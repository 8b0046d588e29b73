import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isNamed } from '../../constructs/docker/is-named.ts';
import { Deployment, engineObjects } from '../support/deployment.ts';
import { deployKilledAt, type KillPoint } from '../support/killed-deploy.ts';
import { sample } from '../support/fuzz.ts';
import { type Answers, ask, pollDuring, type Probe } from '../support/poll.ts';

let todos: Deployment;

beforeAll(async () => {
  todos = await Deployment.of('todos');
});

afterAll(() => todos.remove());

const BEFORE = 'buy milk, pay rent, rest';
const AFTER = 'buy milk, rest';

async function probes(): Promise<Probe[]> {
  const url = `${todos.url}/todos?select=title&order=title`;
  return [
    { name: 'anonymous', url },
    { name: 'user 1', url, token: await todos.tokenFor('todos_user', { user_id: 1 }) },
  ];
}

/** The titles in an answer; closed where it is an error, or none. */
function titles(answer: string): string {
  if (!answer.startsWith('200 ')) return 'closed';
  return (JSON.parse(answer.slice(4)) as { title: string }[]).map(({ title }) => title).join(', ');
}

async function answersNow(): Promise<string[]> {
  return (await Promise.all((await probes()).map(ask))).map(titles);
}

function seen(answers: ReadonlyMap<string, Answers>, probe: string): string[] {
  return [...new Set([...answers.get(probe)!.keys()].map(titles))];
}

/** The runner has a connection; with an event: it waits for that. */
async function runnerRuns(event?: string): Promise<boolean> {
  const running = `SELECT wait_event FROM pg_stat_activity WHERE application_name = 'secured-postgrest'`;
  const found = await todos.sql<{ wait_event: string | null }>(running);
  return found.some(({ wait_event }) => event === undefined || wait_event === event);
}

/** Asked at the engine's socket: the command takes so long that it can miss a container which is made again. */
async function containerExists(name: string): Promise<boolean> {
  const asked = get({ socketPath: '/var/run/docker.sock', path: `/containers/${name}/json` });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode === 200;
}

/** Each lies further on in the run than the one before: that it is reached shows that the deploy got past the earlier. */
const firstDeploy: Record<string, KillPoint> = {
  'while it synthesizes': { output: /Synthesizing/i, cli: true },
  'when the network is made': {
    output: /docker_network\.\S+: Creating/,
    and: () => engineObjects('network', 'todos').length > 0,
  },
  'when the first secret volume is written': { output: /password_writer\S+: Creating/ },
  'when the database container is made': {
    output: /database_container\S+: Creating/,
    and: () => containerExists('todos-postgres'),
  },
  'when the first role is made': { output: /postgresql_role\.\S+: Creating/ },
  'when the authenticator is made': { output: /roles_authenticator\S+: Creating/ },
  'while the access SQL runs': { output: /sql_applied\S+: Provisioning/, and: () => runnerRuns() },
  'when the keys are written': {
    output: /keys_volume_writer\S+: Creating/,
    and: () => engineObjects('container', 'todos').some((name) => isNamed('todos-keys-writer', name)),
  },
  'when the server is made': { output: /api-1_\S+: Creating/, and: () => containerExists('todos-api-1') },
  'while the server is waited for': { output: /server_ready\S+: Provisioning/, cli: true },
};

describe('a first deploy that is killed', () => {
  it.each(sample(Object.entries(firstDeploy)))('%s: the next one gets further', async (_, point) => {
    await deployKilledAt(todos, point);
  });

  it('is finished by a plain one, after which nothing is left to do', async () => {
    await todos.deploy();
    expect(await todos.pending()).toEqual([]);
    await todos.sql(`INSERT INTO api.todos (user_id, title, done, public)
      VALUES (1, 'buy milk', false, false), (1, 'pay rent', true, false), (2, 'rest', false, true), (2, 'hide', false, false)`);
    expect(await answersNow()).toEqual(['rest', BEFORE]);
  });
});

const laterDeploy: Record<string, KillPoint> = {
  'before the access SQL': { output: /sql_applied\S+: Destroying/ },
  'in a migration': { output: /sql_applied\S+: Provisioning/, and: () => runnerRuns('PgSleep') },
  'when the access SQL is done': { output: /sql_applied\S+: Creation complete/ },
  'when the server is destroyed': {
    output: /api-1_\S+: Destroying/,
    and: async () => !(await containerExists('todos-api-1')),
  },
  'when the server is made again': { output: /api-1_\S+: Creating/, and: () => containerExists('todos-api-1') },
  'while the server is waited for': { output: /server_ready\S+: Provisioning/ },
};

describe('a deploy of changes that is killed', () => {
  beforeAll(() => {
    // Fewer rows for users than before, and a server that is another one.
    todos.edit('policies/own-todos.sql', (text) => `${text.trimEnd()} AND NOT done\n`);
    todos.edit('declaration.ts', (text) => text.replace("name: 'todos',", "name: 'todos',\n  server: { maxRows: 9 },"));
    todos.add('migrations/002_tags.sql', 'CREATE TABLE tags (name text);\nSELECT pg_sleep(4);\n');
  });

  it.each(sample(Object.entries(laterDeploy)))(
    '%s: the API is as it was, as it shall be, or closed',
    async (_, point) => {
      const { answers } = await pollDuring(await probes(), deployKilledAt(todos, point));
      expect(['closed', 'rest']).toEqual(expect.arrayContaining(seen(answers, 'anonymous')));
      expect(['closed', BEFORE, AFTER]).toEqual(expect.arrayContaining(seen(answers, 'user 1')));
    },
  );

  it('is finished by a plain one, after which nothing is left to do', async () => {
    await todos.deploy();
    expect(await todos.pending()).toEqual([]);
    expect(await answersNow()).toEqual(['rest', AFTER]);
    expect(await todos.sql('SELECT count(*)::int FROM todos_private.migrations')).toEqual([{ count: 2 }]);
  });
});
