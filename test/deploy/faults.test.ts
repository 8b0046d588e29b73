import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deployment, docker, freePort } from '../support/deployment.ts';
import { fillTodos, watchFailingDeploy } from '../support/failing-deploy.ts';
import { type Fault, listenOn, psql, SmallVolume, takeAllConnections } from '../support/faults.ts';
import { FULL_TESTS, sample } from '../support/fuzz.ts';
import { ask, pollDuring, type Probe, showsData } from '../support/poll.ts';
import type { Run } from '../support/run-program.ts';

const DATABASE = 'todos-postgres';
const NO_SUCH_IMAGE = 'no-such-image.invalid/nothing';

let todos: Deployment;
let volume: SmallVolume;
/** Nobody, and a user. */
let probes: Probe[];
let round = 0;

beforeAll(async () => {
  todos = await Deployment.of('todos');
  volume = new SmallVolume('todos-postgres-data', 160);
});

afterAll(async () => {
  volume.release();
  await todos.remove();
  volume.remove();
});

/** Work for the next deploy; the user sees the returned text when it is done. */
function change(sql = ''): string {
  const title = `row of round ${++round}`;
  const file = `migrations/${String(round + 1).padStart(3, '0')}_round.sql`;
  todos.add(file, `${sql}INSERT INTO todos (user_id, title) VALUES (1, '${title}');\n`);
  return title;
}

interface Case {
  /** What the error has to say. */
  readonly cause: string | RegExp;
  readonly fault?: () => Fault | Promise<Fault>;
  readonly env?: NodeJS.ProcessEnv;
  /** Whether the API may be closed meanwhile. @default false */
  readonly closes?: boolean;
  /** SQL of the migration that is to be deployed. */
  readonly sql?: string;
}

/** A deploy during the fault fails and says why; the next one finishes, and then there is nothing left to do. */
async function survives({ cause, fault, env = {}, closes = false, sql }: Case): Promise<void> {
  const before = await Promise.all(probes.map(ask));
  const title = change(sql);
  const started = await fault?.();
  const watched = await watchFailingDeploy(probes, todos.tryDeploy(env)).finally(() => started?.end());
  expect(watched.run.output).toMatch(cause);
  const after = await finishes(title);
  showOnly(watched.answers, before, after, closes);
}

/** Deploys until there is nothing left to do, which takes one deploy; returns what clients then see. */
async function finishes(title: string): Promise<string[]> {
  await todos.deploy();
  await Promise.all([
    FULL_TESTS && nothingIsLeft(),
    // A server that had lost its database tries to connect again after ever longer pauses.
    expect.poll(() => ask(probes[1]!), { timeout: 60_000 }).toContain(title),
  ]);
  const after = await Promise.all(probes.map(ask));
  expect(after[0]).toBe('200 [{"id":2,"title":"water the plants"}]');
  return after;
}

/** The next deploy would change nothing: asked after each fault with `FULL_TESTS=1`, otherwise once after all of a kind. */
async function nothingIsLeft(): Promise<void> {
  expect(await todos.pending()).toEqual([]);
}

/** No client has seen other rows than those of before or after. */
function showOnly(answers: string[][], before: string[], after: string[], closes = false): void {
  answers.forEach((seen, index) => {
    const other = seen.filter((answer) => answer !== before[index] && answer !== after[index]);
    expect(closes ? other.filter(showsData) : other, probes[index]!.name).toEqual([]);
    expect(seen).not.toEqual([]);
  });
}

function inUse(port: number): RegExp {
  return new RegExp(`127\\.0\\.0\\.1:${port}\\b.*(address already in use|port is already allocated)`);
}

describe('a new deploy whose port somebody else listens on fails, and the next one finishes', () => {
  it.each([
    ['database', () => todos.databasePort],
    ['API', () => todos.apiPort],
  ])('%s', async (_, port) => {
    const listener = await listenOn(port());
    const run = await todos.tryDeploy();
    await listener.end();
    expect(run.status).not.toBe(0);
    expect(run.output).toMatch(inUse(port()));
  });

  it('without either', async () => {
    await todos.deploy();
    probes = await fillTodos(todos);
    await nothingIsLeft();
  });
});

describe('a database that cannot be changed: the deploy fails, and the API is as it was', () => {
  it('disk full', () =>
    survives({
      cause: /migrations\/\d+_round\.sql:1: could not extend file .*No space left on device/,
      fault: () => volume.fill(),
      sql: "CREATE TABLE large AS SELECT repeat('x', 200) AS text FROM generate_series(1, 20000);\n",
    }));

  it('read-only, as a standby is', () =>
    survives({
      cause: 'it is a standby, which can only be read',
      fault: async () => {
        docker('exec', DATABASE, 'sh', '-c', 'touch "$PGDATA/standby.signal"');
        docker('restart', DATABASE);
        await expect.poll(() => psql(DATABASE, 'SELECT pg_is_in_recovery()'), { timeout: 30_000 }).toBe('t');
        return { end: () => psql(DATABASE, 'SELECT pg_promote()') };
      },
      closes: true,
    }));

  it('read-only by default only: a deploy does its work all the same', async () => {
    const title = change();
    psql(DATABASE, 'ALTER SYSTEM SET default_transaction_read_only = on');
    await reloaded('on');
    await finishes(title);
    psql(DATABASE, 'ALTER SYSTEM RESET default_transaction_read_only');
    await reloaded('off');
  });

  it('every connection taken', () =>
    survives({
      cause: /127\.0\.0\.1.*too many clients already/,
      fault: () => takeAllConnections(DATABASE),
      closes: true,
    }));

  const changedPassword: [place: string, fault: () => Fault][] = [
    [
      'file',
      () => {
        const password = readFileSync(passwordFile(), 'utf8');
        writeFileSync(passwordFile(), 'changed by hand');
        return { end: () => writeFileSync(passwordFile(), password) };
      },
    ],
    [
      'database',
      () => {
        psql(DATABASE, "ALTER ROLE postgres PASSWORD 'changed by hand'");
        const back = `ALTER ROLE postgres PASSWORD '${readFileSync(passwordFile(), 'utf8')}'`;
        return { end: () => psql(DATABASE, back, 'changed by hand') };
      },
    ],
  ];

  it.each(sample(changedPassword))('password changed in the %s', (_, fault) =>
    survives({ cause: 'password authentication failed for user "postgres"', fault }),
  );

  it('leaves nothing to do', nothingIsLeft);
});

describe('a database that does not answer', () => {
  it('paused: the deploy fails', () =>
    survives({
      cause: /127\.0\.0\.1.*(i\/o timeout|connection timed out)/,
      fault: () => {
        docker('pause', DATABASE);
        return { end: () => docker('unpause', DATABASE) };
      },
      closes: true,
    }));

  it('without its network: the deploy repairs it', async () => {
    const title = change();
    docker('network', 'disconnect', 'todos', DATABASE);
    await finishes(title);
  });

  it('leaves nothing to do', nothingIsLeft);
});

describe('what a container needs is not there', () => {
  it('image of the servers: they stay as they are', () =>
    survives({
      cause: `unable to pull image ${NO_SUCH_IMAGE}`,
      env: { POSTGREST_IMAGE: `${NO_SUCH_IMAGE}:v12.0.2` },
    }));

  it('image of the database', () =>
    survives({
      cause: `unable to pull image ${NO_SUCH_IMAGE}`,
      env: { POSTGRES_IMAGE: `${NO_SUCH_IMAGE}:15` },
      closes: true,
    }));

  it.each(sample(['API_PORT', 'DATABASE_PORT']))('free %s', async (variable) => {
    const port = await freePort();
    await survives({
      cause: inUse(port),
      fault: () => listenOn(port),
      env: { [variable]: String(port) },
      closes: true,
    });
  });

  it('leaves nothing to do', nothingIsLeft);
});

describe('two deploys at once', () => {
  it('in the same directory: one does the work, the other one as well or the CLI says what it cannot share', async () => {
    const failed = await deployedBy([todos, todos], (deployment) => deployment.tryDeployWithCli());
    expect(failed.length).toBeLessThan(2);
    // The state is locked, or the CLI reads stacks that the other one is just writing.
    const reason = /Error acquiring the state lock|SyntaxError: Unexpected end of JSON input/;
    for (const { output } of failed) expect(output).toMatch(reason);
  });

  it('from two checkouts: both do the work, one after the other', async () => {
    const other = todos.checkout();
    const failed = await deployedBy([todos, other], (deployment) => deployment.tryDeploy()).finally(() =>
      rmSync(other.directory, { recursive: true }),
    );
    expect(failed).toEqual([]);
  });

  it('leaves nothing to do', nothingIsLeft);
});

/** Two deploys of the same change at once; a plain one then leaves nothing to do. Returns those that failed. */
async function deployedBy(
  [one, other]: readonly [Deployment, Deployment],
  deploy: (deployment: Deployment) => Promise<Run>,
): Promise<Run[]> {
  const before = await Promise.all(probes.map(ask));
  const title = change();
  if (other !== one)
    cpSync(join(one.directory, 'declaration'), join(other.directory, 'declaration'), { recursive: true });
  const both = Promise.all([deploy(one), deploy(other)]);
  const { result: runs, answers } = await pollDuring(probes, both);
  const after = await finishes(title);
  showOnly(
    probes.map(({ name }) => [...answers.get(name)!.keys()]),
    before,
    after,
  );
  return runs.filter(({ status }) => status !== 0);
}

function passwordFile(): string {
  return join(todos.secrets, 'admin-password');
}

/** Has Postgres read its configuration again, and waits until sessions see it. */
async function reloaded(value: string): Promise<void> {
  psql(DATABASE, 'SELECT pg_reload_conf()');
  await expect.poll(() => psql(DATABASE, 'SHOW default_transaction_read_only')).toBe(value);
}
