import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { notes } from '../../support/notes.ts';
import type { RunningPostgrest } from '../../../testing/servers/postgrest-server.ts';
import { Spares, type Prepared, type Recipe, type SpareMaker } from '../../../testing/spares.ts';
import { createTrust } from '../../../testing/trust.ts';

const declaration = notes('spared');
const recipe: Recipe = { snapshot: 'snapshot', declaration, trust: await createTrust(declaration.keys) };

/** Makes what has no process, and each only when the test says so. */
class FakeMaker implements SpareMaker {
  state = 'as declared';
  count = 0;
  /** What is being made, in this order; each is resolved by the test. */
  readonly pending: { readonly name: string; finish(): void; fail(): void }[] = [];
  readonly discarded: string[] = [];
  readonly stopped: string[] = [];
  readonly deaths = new Map<string, () => void>();

  prepare(_: Recipe, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Prepared> {
    const database = `database ${++this.count}`;
    const died = new Promise<string>((resolve) => this.deaths.set(database, () => resolve('killed')));
    const stop = () => Promise.resolve(void this.stopped.push(database));
    const server = { died, stop } as Partial<RunningPostgrest> as RunningPostgrest;
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('aborted')));
      const finish = () => resolve({ database, server });
      this.pending.push({ name: database, finish, fail: () => reject(new Error('no space left')) });
    });
  }

  discard({ database }: Prepared): Promise<void> {
    this.discarded.push(database);
    return Promise.resolve();
  }

  stateOf(): Promise<string> {
    return Promise.resolve(this.state);
  }

  /** Waits until something is being made, and lets it come to its end. */
  async next(how: 'finish' | 'fail' = 'finish'): Promise<string> {
    const first = await vi.waitUntil(() => this.pending.shift(), { interval: 1 });
    first[how]();
    await turns();
    return first.name;
  }
}

/** Lets everything go on that waits for nothing else. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

function setUp(limit = 2) {
  const maker = new FakeMaker();
  const spares = new Spares(maker, limit, 2);
  /** Asks for one that has to be made now. */
  const getNew = async (of = recipe) => {
    const asked = spares.get(of);
    await maker.next();
    return (await asked).database;
  };
  const get = async (of = recipe) => (await spares.get(of)).database;
  return { maker, spares, getNew, get };
}

describe('spares', () => {
  it('are never more than the limit, those of another snapshot that are being made among them', async () => {
    const { maker, spares } = setUp(2);
    const other: Recipe = { ...recipe, snapshot: 'another' };
    const given: string[] = [];
    for (const one of [recipe, recipe, recipe, recipe, other, other, other]) {
      const asked = spares.get(one).then(({ database }) => given.push(database));
      for (const count = given.length; given.length === count; await turns()) {
        if (maker.pending.length > 0) await maker.next();
      }
      await asked;
    }
    for (; maker.pending.length > 0; await turns()) await maker.next();
    expect(maker.count - given.length - maker.discarded.length).toBeLessThanOrEqual(2);
  });

  it('are made from the second environment on: the first pays for none', async () => {
    const { maker, getNew } = setUp();
    await getNew();
    await turns();
    expect(maker.pending).toEqual([]);
    await getNew();
    await turns();
    expect(maker.pending).toHaveLength(1);
  });

  it('are made one at a time, as many as were asked for before, and at most as many as the limit', async () => {
    const { maker, getNew, get } = setUp(2);
    await getNew();
    await getNew();
    const first = await maker.next();
    await turns();
    expect(maker.pending).toEqual([]);
    expect(await get()).toBe(first);
    await turns();
    expect(maker.pending).toHaveLength(1);
    await maker.next();
    expect(maker.pending).toHaveLength(1);
    await maker.next();
    await turns();
    expect(maker.pending).toEqual([]);
    expect(maker.count).toBe(5);
  });

  it('are made two at a time as long as environments have to wait for theirs', async () => {
    const { maker, getNew, get } = setUp(2);
    await getNew();
    await getNew();
    // Waits for the one that is being made.
    await getNew();
    await turns();
    expect(maker.pending).toHaveLength(2);
    const [first, second] = [await maker.next(), await maker.next()];
    expect([await get(), await get()]).toEqual([first, second]);
    await turns();
    expect(maker.pending).toHaveLength(1);
  });

  it('are not made while an environment is asked for', async () => {
    const { maker, spares, getNew } = setUp();
    await getNew();
    const both = [spares.get(recipe), spares.get(recipe)];
    await maker.next();
    await turns();
    // The second of both.
    expect(maker.pending).toHaveLength(1);
    await maker.next();
    await Promise.all(both);
    await turns();
    expect(maker.pending).toHaveLength(2);
  });

  it('are given to one environment each, also while they are being made', async () => {
    const { maker, spares, getNew } = setUp(3);
    await getNew();
    await getNew();
    const asked = Promise.all([1, 2, 3].map(() => spares.get(recipe)));
    for (let made = 0; made < 3; made++) await maker.next();
    const names = (await asked).map(({ database }) => database);
    expect(new Set(names).size).toBe(3);
    expect(names).toContain('database 3');
    expect(maker.discarded).toEqual([]);
  });

  it.each<[string, (maker: FakeMaker, spare: string) => void]>([
    ['roles, or the data that it is a copy of, have changed', (maker) => (maker.state = 'changed')],
    ['its server has died', (maker, spare) => maker.deaths.get(spare)!()],
    ['its state cannot be read', (maker) => (maker.stateOf = () => Promise.reject(new Error('no connection')))],
  ])('are ended and never given away when %s', async (_, change) => {
    const { maker, getNew } = setUp(1);
    await getNew();
    await getNew();
    const spare = await maker.next();
    change(maker, spare);
    expect(await getNew()).not.toBe(spare);
    expect(maker.discarded).toEqual([spare]);
  });

  it('are ended when a role changed while they were made', async () => {
    const { maker, getNew } = setUp(1);
    await getNew();
    await getNew();
    await vi.waitUntil(() => maker.pending.length === 1, { interval: 1 });
    maker.state = 'changed';
    const spare = await maker.next();
    expect(await getNew()).not.toBe(spare);
  });

  it.each<[string, Recipe]>([
    ['another declaration', { ...recipe, declaration: notes('spared') }],
    ['another snapshot', { ...recipe, snapshot: 'another' }],
    ['other keys', { ...recipe, trust: { ...recipe.trust } }],
  ])('are not given to an environment with %s', async (_, other) => {
    const { maker, getNew } = setUp();
    await getNew();
    await getNew();
    const spare = await maker.next();
    expect(await getNew(other)).not.toBe(spare);
  });

  it('fail no request when they cannot be made', async () => {
    const { maker, spares, getNew } = setUp(1);
    await getNew();
    await getNew();
    await maker.next('fail');
    await turns();
    // It is not tried again and again.
    expect(maker.pending).toEqual([]);
    await getNew();
    const waiting = spares.get(recipe);
    const failed = await maker.next('fail');
    const made = await maker.next();
    expect((await waiting).database).toBe(made);
    expect(made).not.toBe(failed);
  });

  it('leave an error to the environment that was asked for, and are then made again', async () => {
    const { maker, spares, getNew } = setUp(1);
    const asked = expect(spares.get(recipe)).rejects.toThrow('no space left');
    await maker.next('fail');
    await asked;
    await getNew();
    await turns();
    expect(maker.pending).toHaveLength(1);
  });

  it('end with a snapshot that is forgotten, also one that is being made', async () => {
    const { maker, spares, getNew } = setUp(2);
    await getNew();
    await getNew();
    const spare = await maker.next();
    await spares.get(recipe);
    const made = await maker.next();
    await turns();
    expect(maker.pending).toHaveLength(1);
    await spares.forget(recipe.snapshot);
    expect(maker.discarded).toEqual([made]);
    expect(maker.discarded).not.toContain(spare);
  });

  it('end with stop, and none is made after it', async () => {
    const { maker, spares, getNew } = setUp(2);
    await getNew();
    await getNew();
    const spare = await maker.next();
    await spares.stop();
    await spares.stop();
    expect(maker.stopped).toEqual([spare]);
    await getNew();
    await turns();
    expect(maker.pending).toEqual([]);
  });

  it('make room for those of another snapshot', async () => {
    const { maker, getNew } = setUp(1);
    await getNew();
    await getNew();
    const spare = await maker.next();
    const other = { ...recipe, snapshot: 'another' };
    await getNew(other);
    expect(maker.discarded).toEqual([]);
    await getNew(other);
    await turns();
    expect(maker.discarded).toEqual([spare]);
  });

  it('are none where the limit is 0', async () => {
    const { maker, getNew } = setUp(0);
    for (let count = 0; count < 4; count++) await getNew();
    await turns();
    expect(maker.pending).toEqual([]);
  });
});
