import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import declaration from '../examples/todos/declaration.ts';
import { sqlFile } from '../declaration/read-sql.ts';
import type { Declaration } from '../declaration/types.ts';
import { startEphemeralPostgrest, startPostgres, type EphemeralPostgrest } from '../testing/index.ts';
import { inOneTransaction, statementsFor } from './bare-sql.ts';
import { emptyCache, measureFloor, type FloorTimes } from './ephemeral-floor.ts';
import { peerObstacle, startPeer, type Peer } from './ephemeral-peer.ts';
import { timed } from './measure.ts';
import { serversMemory } from './memory.ts';
import type { Figures, Outcome, Target } from './report.ts';
import { emptyDatabase } from './runner.ts';
import { summarize } from './statistics.ts';
import { declareTables } from './tables.ts';

const seed = [sqlFile('examples/todos/seed.sql')];
const ROUNDS = 7;
const CLONES = 50;
const PER_ROUND = 5;
/** How long a test uses its environment. */
const TEST_MS = 100;
/** Several times what the last spares take. */
const SETTLE_MS = 1000;
const ACCESS_TEST_COUNT = 146;
const MANY = 50;
const ON_ONE_SERVER = `${MANY} at once, on one server`;
const MEMORY = `${ON_ONE_SERVER}: memory, each`;

/** Environments: how long they take to serve and to go, what of that is the programs' own, and how many fit. */
export async function benchEphemeral(figures: Figures): Promise<Outcome> {
  await starts(figures);
  await oneMore(figures);
  await accessTests(figures);
  await many(figures);
  const growth = await tables(figures);
  return { targets: [...targets(figures), ...growth] };
}

const FLOOR = 'floor: initdb, Postgres, a copied database, PostgREST';
const FROM_NOTHING = 'ready to serve, from nothing';
const SECOND = 'ready to serve, the second time';
const CACHED = 'ready to serve, with the cached cluster';
const ONE_MORE_FLOOR = 'floor of one more: a copied database, PostgREST';
const ONE_MORE = 'one more, one after the other';
const BACK_TO_BACK = 'one more, back to back: start, request and stop';
const RESTORE = 'restore of changed rows';
const RESTORE_SCHEMA = 'restore of a changed schema';
const ACCESS_TESTS_FLOOR = 'floor of the access tests: a copied database and PostgREST for each, one after the other';
const ACCESS_TESTS = '146 access tests, an environment each';
const STOP = 'stop';
const PEER = 'peer: testcontainers with two images';

/** In turn, so that whatever else the machine does meets all of them. */
async function starts(figures: Figures): Promise<void> {
  const floors: FloorTimes[] = [];
  const times = {
    nothing: [] as number[],
    second: [] as number[],
    cached: [] as number[],
    stop: [] as number[],
    peer: [] as number[],
  };
  const obstacle = await peerObstacle();
  if (obstacle !== undefined) console.log(`  ${PEER}: not measured, ${obstacle}`);
  const once = async (list: number[]) => {
    let api: EphemeralPostgrest | undefined;
    list.push(await timed(async () => (api = await startEphemeralPostgrest(declaration, { seed }))));
    await checkServes(api!);
    times.stop.push(await timed(() => api!.stop()));
  };
  // The programs are read from the disk once.
  await once([]);
  times.stop.pop();
  for (let round = 0; round < ROUNDS; round++) {
    floors.push(await measureFloor());
    const cache = emptyCache();
    process.env['SECURED_POSTGREST_CACHE'] = cache.path;
    await once(times.nothing);
    // Its result is kept for the later ones.
    await once(times.second);
    await once(times.cached);
    delete process.env['SECURED_POSTGREST_CACHE'];
    cache.remove();
    if (obstacle === undefined) times.peer.push(await timePeer());
  }
  for (const part of ['initdb', 'postgres', 'clone', 'postgrest'] as const) {
    figures.add(`floor: ${part}`, summarize(floors.map((floor) => floor[part])));
  }
  figures.add(FLOOR, summarize(floors.map((f) => f.initdb + f.postgres + f.clone + f.postgrest)));
  figures.add(FROM_NOTHING, summarize(times.nothing), { against: FLOOR });
  figures.add(SECOND, summarize(times.second), { against: FLOOR });
  figures.add(CACHED, summarize(times.cached), { against: FLOOR });
  figures.add(STOP, summarize(times.stop));
  if (obstacle === undefined) figures.add(PEER, summarize(times.peer), { against: CACHED });
}

/** The same two images, as a project without this package would start them. */
async function timePeer(): Promise<number> {
  let peer: Peer | undefined;
  const time = await timed(async () => (peer = await startPeer(declaration, seed)));
  await peer!.stop();
  return time;
}

/**
 * In rounds of all kinds: one more for each of several tests, two restores, and one more as soon as the last has stopped. Each
 * round begins when the spares of the last one are made.
 */
async function oneMore(figures: Figures): Promise<void> {
  await using api = await startEphemeralPostgrest(declaration, { seed });
  const times = {
    floor: [] as number[],
    inTests: [] as number[],
    backToBack: [] as number[],
    restore: [] as number[],
    restoreSchema: [] as number[],
  };
  for (let round = 0; round < CLONES / PER_ROUND; round++) {
    const { clone, postgrest } = await measureFloor();
    times.floor.push(clone + postgrest);
    for (let n = 0; n < PER_ROUND; n++) {
      let clone: EphemeralPostgrest | undefined;
      times.inTests.push(await timed(async () => (clone = await api.clone())));
      await checkServes(clone!);
      await delay(TEST_MS);
      await clone!.stop();
    }
    await delay(SETTLE_MS);
    await api.sql(
      `INSERT INTO api.todos (user_id, title) VALUES (1, 'later'); DELETE FROM api.todos WHERE title <> 'later'`,
    );
    times.restore.push(await timed(() => api.restore()));
    await checkServes(api);
    await api.sql('ALTER TABLE api.todos ADD later int');
    times.restoreSchema.push(await timed(() => api.restore()));
    await checkServes(api);
    for (let n = 0; n < PER_ROUND; n++) {
      times.backToBack.push(
        await timed(async () => {
          await using clone = await api.clone();
          await checkServes(clone);
        }),
      );
    }
    await delay(SETTLE_MS);
  }
  figures.add(ONE_MORE_FLOOR, summarize(times.floor));
  figures.add(ONE_MORE, summarize(times.inTests), { against: ONE_MORE_FLOOR });
  figures.add(BACK_TO_BACK, summarize(times.backToBack), { against: ONE_MORE_FLOOR });
  figures.add(RESTORE, summarize(times.restore), { against: ONE_MORE_FLOOR });
  figures.add(RESTORE_SCHEMA, summarize(times.restoreSchema), { against: ONE_MORE_FLOOR });
}

/** The tests of `examples/projects` in vitest, with its start. Vitest has compiled the files in an earlier run, and keeps them. */
async function accessTests(figures: Figures): Promise<void> {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config=bench/access-tests.config.ts'];
  const run = async (...options: string[]) => {
    const env = { ...process.env, NO_COLOR: '1' };
    const { stdout } = await promisify(execFile)(process.execPath, [...args, ...options], { env });
    return stdout;
  };
  await run('--testNamePattern=ada on users');
  const time = await timed(async () => {
    const stdout = await run();
    if (!stdout.includes(`${ACCESS_TEST_COUNT} passed (${ACCESS_TEST_COUNT})`)) throw new Error(stdout);
  });
  figures.add(ACCESS_TESTS_FLOOR, summarize([figures.of(ONE_MORE_FLOOR).median * ACCESS_TEST_COUNT]));
  figures.add(ACCESS_TESTS, summarize([time]), { against: ACCESS_TESTS_FLOOR });
}

/** All at once: each with servers of its own, and as copies on one. */
async function many(figures: Figures): Promise<void> {
  const ofOwn: EphemeralPostgrest[] = [];
  const start = await timed(() =>
    inParallel(4, MANY, async () => {
      const api = await startEphemeralPostgrest(declaration, { seed });
      ofOwn.push(api);
      await checkServes(api);
    }),
  );
  addMemory(figures, `${MANY} at once, with servers of their own`, start);
  figures.add(`${MANY} at once: stop all`, summarize([await timed(() => Promise.all(ofOwn.map((api) => api.stop())))]));

  await using api = await startEphemeralPostgrest(declaration, { seed });
  const copies = await timed(() => inParallel(4, MANY, async () => checkServes(await api.clone())));
  addMemory(figures, ON_ONE_SERVER, copies);
}

function addMemory(figures: Figures, name: string, milliseconds: number): void {
  const { postgres, postgrest } = serversMemory();
  figures.add(`${name}: all ready`, summarize([milliseconds]));
  figures.add(`${name}: Postgres, each`, summarize([postgres / MANY]), { unit: 'MB' });
  figures.add(`${name}: PostgREST, each`, summarize([postgrest / MANY]), { unit: 'MB' });
  figures.add(`${name}: memory, each`, summarize([(postgres + postgrest) / MANY]), { unit: 'MB' });
}

async function inParallel(lanes: number, count: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

const KINDS = ['first', 'second', 'later'] as const;

/** Cost of more tables for a start, against the cost of their SQL alone. */
async function tables(figures: Figures): Promise<Target[]> {
  const growth = { first: 0, second: 0, later: 0, sql: 0 };
  await using postgres = await startPostgres();
  for (const [count, sign] of [
    [10, -1],
    [1000, 1],
  ] as const) {
    const tablesOf: Declaration = declareTables('bench', count);
    const statements = await statementsFor(await emptyDatabase(postgres, tablesOf, `scratch_${count}`), tablesOf);
    const times = { first: [] as number[], second: [] as number[], later: [] as number[], sql: [] as number[] };
    for (let round = 0; round < 3; round++) {
      const connection = await emptyDatabase(postgres, tablesOf, `bare_${count}_${round}`);
      times.sql.push(await timed(() => inOneTransaction(connection, statements)));
      const cache = emptyCache();
      process.env['SECURED_POSTGREST_CACHE'] = cache.path;
      // Without a declaration, so that the cluster alone is there.
      await (await startPostgres()).stop();
      for (const kind of KINDS) {
        let api: EphemeralPostgrest | undefined;
        times[kind].push(await timed(async () => (api = await startEphemeralPostgrest(tablesOf))));
        await api!.stop();
      }
      delete process.env['SECURED_POSTGREST_CACHE'];
      cache.remove();
    }
    const sql = `${count} tables: their SQL alone`;
    figures.add(sql, summarize(times.sql));
    for (const kind of KINDS) figures.add(`${count} tables: ${kind} start`, summarize(times[kind]), { against: sql });
    for (const kind of [...KINDS, 'sql'] as const) growth[kind] += sign * summarize(times[kind]).median;
  }
  return KINDS.map((kind) => ({
    name: `a ${kind} start with 990 tables more, in times of their SQL`,
    value: growth[kind] / growth.sql,
    limit: 1,
    unit: 'x',
  }));
}

function targets(figures: Figures): Target[] {
  const ms = (name: string, limit: number): Target => ({ name, value: figures.of(name).median, limit, unit: 'ms' });
  const times = (name: string, whose: string, other: string, limit: number): Target => ({
    name: `${name}, in times of ${whose}`,
    value: figures.of(name).median / figures.of(other).median,
    limit,
    unit: 'x',
  });
  return [
    ms(FROM_NOTHING, 600),
    times(FROM_NOTHING, 'its floor', FLOOR, 1.1),
    ms(CACHED, 150),
    { name: MEMORY, value: figures.of(MEMORY).median, limit: 12, unit: 'MB' },
    ms(ONE_MORE, 25),
    times(ONE_MORE, 'its floor', ONE_MORE_FLOOR, 0.3),
    times(BACK_TO_BACK, 'the floor of one more', ONE_MORE_FLOOR, 1.4),
    ms(RESTORE, 30),
    times(RESTORE_SCHEMA, 'the floor of one more', ONE_MORE_FLOOR, 1.2),
    ms(ACCESS_TESTS, 15_000),
    ms(STOP, 150),
    ...(figures.list().some(({ name }) => name === PEER) ? [times(CACHED, 'the peer', PEER, 0.1)] : []),
  ];
}

async function checkServes(api: EphemeralPostgrest): Promise<void> {
  const ann = await api.as('todos_user', { user_id: 1 });
  const response = await ann.fetch('/todos?select=title');
  const rows = (await response.json()) as unknown[];
  if (rows.length === 0) throw new Error(`${api.url} answered ${response.status} without rows`);
}
