import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import declaration from '../../../examples/todos/declaration.ts';
import { sqlFile } from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { sample } from '../../support/fuzz.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { quickProgram } from './quick-program.ts';
import { runProgram } from './running-program.ts';
import { expectSharedMemoryBack, leftSharedMemory } from './shared-memory.ts';
import { noTraces, processesIn, tracesIn } from './traces-in.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const seed = [sqlFile('examples/todos/seed.sql')];
const PATIENCE = { timeout: 90_000 };
let api: EphemeralPostgrest;

async function start(options = {}): Promise<EphemeralPostgrest> {
  return (api = await startEphemeralPostgrest(declaration, { seed, ...options }));
}
afterEach(() => api?.stop());

const nameOf = ({ databaseUrl }: EphemeralPostgrest) => new URL(databaseUrl).pathname.slice(1);

/** Databases of environments, with those of spares. */
async function databases(): Promise<string[]> {
  const rows = await api.sql<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datname ~ '^todos(_[0-9]+)?$' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

const servers = (directory = temporaryDirectory()) =>
  processesIn(directory).filter(({ name, parent }) => name === 'postgrest' && parent !== 1);

/** Waits until there is nothing more to make: that many spares, whose servers have connected. */
async function untilSpares(count: number, clones: readonly EphemeralPostgrest[]): Promise<string[]> {
  const used = [api, ...clones].map(nameOf);
  const spares = async () => (await databases()).filter((name) => !used.includes(name));
  const listening = async (names: string[]) => {
    const query = `SELECT count(DISTINCT datname)::int FROM pg_stat_activity WHERE query ~ '^LISTEN' AND datname = ANY ($1)`;
    return (await api.sql<{ count: number }>(query, [names]))[0]!.count;
  };
  await vi.waitFor(async () => {
    const names = await spares();
    expect(names).toHaveLength(count);
    expect(await listening(names)).toBe(count);
  }, PATIENCE);
  return spares();
}

async function titles(of: EphemeralPostgrest): Promise<unknown> {
  const ann = await of.as('todos_user', { user_id: 1 });
  return (await ann.fetch('/todos?select=title&order=title')).json();
}

/** Two environments, and the spare that follows. */
async function withSpare(): Promise<{ spare: string; clone: EphemeralPostgrest }> {
  await start({ spares: 1 });
  const clone = await api.clone();
  const [spare] = await untilSpares(1, [clone]);
  return { spare: spare!, clone };
}

describe('a spare', () => {
  it('is not made for one environment, and is what the next one but one gets', async () => {
    await start();
    expect(await databases()).toEqual(['todos']);
    const first = await api.clone();
    const [spare] = await untilSpares(1, [first]);
    const second = await api.clone();
    expect(nameOf(second)).toBe(spare);
    expect(await titles(second)).toEqual(await titles(api));
    // As many as were asked for, and two at most.
    await untilSpares(2, [first, second]);
    const third = await api.clone();
    await untilSpares(2, [first, second, third]);
  });

  it('is an environment like any other: apart in rows, with an address of its own, with the declared access', async () => {
    const { clone } = await withSpare();
    const spared = await api.clone();
    expect(spared.url).not.toBe(clone.url);
    await spared.sql(`UPDATE api.todos SET title = 'changed'`);
    expect(await titles(clone)).toEqual(await titles(api));
    expect((await fetch(`${spared.url}/todos`)).status).toBe((await fetch(`${api.url}/todos`)).status);
    await spared.restore();
    expect(await titles(spared)).toEqual(await titles(api));
    const privileges = `SELECT datacl::text AS acl FROM pg_database WHERE datname = current_database()`;
    expect(await spared.sql(privileges)).toEqual(await clone.sql(privileges));
  });

  it.each([
    ['a role has another setting', `ALTER ROLE todos_user SET statement_timeout = '7s'`],
    ['a role has another member', `CREATE ROLE late IN ROLE todos_user`],
    ['all roles have a setting', `ALTER ROLE ALL SET statement_timeout = '7s'`],
  ])('is ended, and not given away, when %s', async (_, change) => {
    const { spare } = await withSpare();
    await api.sql(change);
    const clone = await api.clone();
    expect(nameOf(clone)).not.toBe(spare);
    await vi.waitFor(async () => expect(await databases()).not.toContain(spare), PATIENCE);
    expect(await titles(clone)).toEqual(await titles(api));
  });

  it('is not given away when the data that it is a copy of was changed by hand', async () => {
    await withSpare();
    const { hostname: host, port, username: user, password } = new URL(api.databaseUrl);
    await withClient({ host, port: Number(port), database: 'todos_snapshot', user, password }, (client) =>
      client.query(`INSERT INTO api.todos (user_id, title, public) VALUES (1, 'by hand', true)`),
    );
    expect(await titles(await api.clone())).toContainEqual({ title: 'by hand' });
  });

  it('of an earlier snapshot, seed or declaration is not given away', async () => {
    await withSpare();
    await api.sql(`INSERT INTO api.todos (user_id, title, public) VALUES (1, 'remembered', true)`);
    await api.snapshot();
    expect(await titles(await api.clone())).toContainEqual({ title: 'remembered' });
    const other = [
      { file: 'seed.sql', sql: `INSERT INTO api.todos (user_id, title, public) VALUES (1, 'other', true)` },
    ];
    await api.apply(declaration, { seed: other });
    expect(await titles(await api.clone())).toEqual([{ title: 'other' }]);
    const changed = { ...declaration, server: { ...declaration.server, maxRows: 1 } };
    await api.apply(changed);
    await api.sql(`INSERT INTO api.todos (user_id, title, public) VALUES (1, 'more', true)`);
    await api.snapshot();
    const clone = await api.clone();
    expect(clone.declaration).toBe(changed);
    expect(await titles(clone)).toEqual([{ title: 'more' }]);
  });

  it.runIf(process.platform === 'linux')('whose server was killed is not given away', async () => {
    await start({ spares: 1 });
    const clone = await api.clone();
    const known = new Set(servers().map(({ pid }) => pid));
    const [spare] = await untilSpares(1, [clone]);
    for (const { pid } of servers()) if (!known.has(pid)) process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(servers()).toHaveLength(known.size), PATIENCE);
    const next = await api.clone();
    expect(nameOf(next)).not.toBe(spare);
    expect(await titles(next)).toEqual(await titles(api));
  });

  it('is not made with spares: 0', async () => {
    await start({ spares: 0 });
    const clones = [await api.clone(), await api.clone(), await api.clone()];
    expect(await databases()).toHaveLength(4);
    await Promise.all(clones.map((clone) => clone.stop()));
    expect(await databases()).toEqual(['todos']);
  });

  it.each([-1, 1.5, Number.NaN])('is not counted by %s', async (spares) => {
    await expect(startEphemeralPostgrest(declaration, { spares })).rejects.toMatchObject({ code: 'invalid_prop' });
  });
});

describe.runIf(process.platform === 'linux')('spares are gone', () => {
  it('with the environment that they were made for, also while one is being made', async () => {
    await start();
    await api.clone();
    const since = Date.now();
    await api.stop();
    // A spare that is being made is not waited for.
    expect(Date.now() - since).toBeLessThan(5000);
    expect(tracesIn(temporaryDirectory())).toEqual(noTraces);
  });

  it.each(sample(['SIGKILL', 'SIGTERM', 'exit', 'throw', 'abort']))('with the process that ends by %s', async (how) => {
    const before = leftSharedMemory();
    const program = await quickProgram('environment', temporaryDirectory());
    const place = join(temporaryDirectory(), `place of ${how}`);
    mkdirSync(place);
    const env = { ...process.env, TMPDIR: place };
    const running = runProgram([process.execPath, program, 'clone', 'clone', 'wait'], { env });
    expect(await running.begins('wait'), running.errors()).toBeDefined();
    // Three environments, and at least one spare.
    await vi.waitFor(() => expect(servers(place).length).toBeGreaterThan(3), PATIENCE);
    if (how.startsWith('SIG')) running.child.kill(how as NodeJS.Signals);
    else running.child.stdin!.write(how);
    await running.ended;
    await expect.poll(() => tracesIn(place), { interval: 100 }).toEqual(noTraces);
    await expectSharedMemoryBack(before);
  });
});
