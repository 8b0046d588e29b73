import { readdirSync } from 'node:fs';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import declaration from '../../../examples/todos/declaration.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { expectSharedMemoryBack, leftSharedMemory } from './shared-memory.ts';
import { isListening } from './traces.ts';
import { noTraces, processesIn, tracesIn } from './traces-in.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const seed = [{ file: 'seed.sql', sql: `insert into api.todos (user_id, title, public) values (1, 'one', true)` }];
const started: EphemeralPostgrest[] = [];
async function start(options = {}): Promise<EphemeralPostgrest> {
  const environment = await startEphemeralPostgrest(declaration, { seed, ...options });
  started.push(environment);
  return environment;
}
const databases = async (environment: EphemeralPostgrest) =>
  (await environment.sql<{ datname: string }>('select datname from pg_database order by 1')).map(
    ({ datname }) => datname,
  );

/** Ends a server in the way that nobody can prepare for. */
function kill(name: 'postgres' | 'postgrest'): void {
  const victims = processesIn(temporaryDirectory()).filter((server) => server.name === name);
  for (const { pid, parent } of victims) if (parent === process.pid) process.kill(pid, 'SIGKILL');
}

describe.runIf(process.platform === 'linux')('stop', () => {
  const before = leftSharedMemory();
  afterEach(async () => {
    try {
      await expect.poll(() => tracesIn(temporaryDirectory()), { interval: 100 }).toEqual(noTraces);
      await expectSharedMemoryBack(before);
    } finally {
      // One test that fails must not fail the others.
      await Promise.allSettled(started.splice(0).map((environment) => environment.stop()));
    }
  });

  it('is quick and complete, whatever goes on in many clones', async () => {
    const environment = await start();
    const clones = await Promise.all([1, 2, 3, 4].map(() => environment.clone()));
    const all = [environment, ...clones];
    const clients = all.map(({ databaseUrl }) => new pg.Client(databaseUrl));
    const lost = clients.map((client) => new Promise((resolve) => client.on('error', resolve)));
    for (const client of clients) {
      await client.connect();
      await client.query(`begin; lock table api.todos; update api.todos set title = 'mine'; listen anything`);
    }
    const endless = all.flatMap((one) => [one.sql('select pg_sleep(600)'), one.sql(`do 'begin loop end loop; end'`)]);
    // Those that wait for the lock may get it for an instant, where its holder ends first.
    const waiting = all.flatMap((one) => [
      one.sql('select * from api.todos for update'),
      fetch(`${one.url}/todos?select=title`),
    ]);
    const results = Promise.all([Promise.allSettled(endless), Promise.allSettled(waiting)]);
    await environment.sql('select pg_sleep(0.2)');

    const since = Date.now();
    await environment.stop();
    // A quarter of a second on a machine that has nothing else to do.
    expect(Date.now() - since).toBeLessThan(4000);
    expect((await results)[0].map(({ status }) => status)).toEqual(endless.map(() => 'rejected'));
    expect(await Promise.all(lost)).toHaveLength(all.length);
    const ports = all.flatMap(({ url, databaseUrl }) => [url, databaseUrl].map((address) => new URL(address).port));
    expect(await Promise.all(ports.map((port) => isListening(Number(port))))).not.toContain(true);
  });

  it('may be called again, at the same time and later, and at the end of a block', async () => {
    let environment: EphemeralPostgrest;
    {
      await using another = await start();
      environment = another;
      await using clone = await environment.clone();
      expect(clone.url).not.toBe(environment.url);
      await Promise.all([environment.stop(), environment.stop()]);
    }
    await environment.stop();
  });

  it('of a clone leaves no database of it, and the others as they are', async () => {
    const environment = await start({ spares: 0 });
    const kept = await environment.clone();
    const atFirst = await databases(environment);
    const clone = await environment.clone();
    await clone.sql('create table api.only_here ()');
    await clone.snapshot();
    const ofClone = await clone.clone();
    expect((await databases(environment)).length).toBe(atFirst.length + 3);
    const busy = ofClone.sql('select pg_sleep(600)').catch((error: Error) => error.message);
    await ofClone.sql('select pg_sleep(0.1)');
    await clone.stop();
    expect(await busy).toMatch(/terminat/);
    expect(await isListening(Number(new URL(ofClone.url).port))).toBe(false);
    expect(await databases(environment)).toEqual(atFirst);
    expect((await fetch(`${kept.url}/todos?select=title`)).status).toBe(200);
    await environment.stop();
  });

  it.each<[string, (environment: EphemeralPostgrest) => Promise<unknown>]>([
    ['cloning', (environment) => environment.clone()],
    ['remembering', (environment) => environment.snapshot()],
    ['restoring', (environment) => environment.restore()],
    ['applying', (environment) => environment.apply(declaration)],
    ['building anew', (environment) => environment.apply(declaration, { seed: [] })],
  ])('while %s is complete', async (_, begin) => {
    const environment = await start();
    const working = begin(environment).catch(() => {});
    await environment.stop();
    await working;
  });

  it.each(['postgres', 'postgrest'] as const)('is complete when %s was killed', async (name) => {
    const environment = await start();
    await environment.clone();
    void environment.sql(`do 'begin loop end loop; end'`).catch(() => {});
    await environment.sql('select 1');
    kill(name);
    await environment.stop();
  });

  it('is the end: what is asked for later fails, and starts nothing', async () => {
    const environment = await start();
    const clone = await environment.clone();
    for (const stopped of [clone, environment]) {
      await stopped.stop();
      for (const asked of [
        () => stopped.clone(),
        () => stopped.snapshot(),
        () => stopped.restore(),
        () => stopped.apply(declaration),
        () => stopped.apply(declaration, { seed: [] }),
        () => stopped.sql('select 1'),
      ]) {
        await expect(asked(), asked.toString()).rejects.toThrow();
      }
    }
  });

  it('leaves this process as it was, many times', { timeout: 600_000 }, async () => {
    const present = () => ({
      files: readdirSync('/proc/self/fd').length,
      listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
    });
    await (await start()).stop();
    const atFirst = present();
    for (let round = 0; round < 5; round++) {
      const environment = await start();
      await environment.clone();
      await environment.restore();
      await environment.stop();
    }
    await expect.poll(present).toEqual(atFirst);
  });
});
