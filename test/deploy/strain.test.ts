import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deployment, docker } from '../support/deployment.ts';
import { FULL_TESTS, sample } from '../support/fuzz.ts';
import { forMemory, forPostgres, forServer, idleConnections, send, type Shape, strained } from '../support/strain.ts';

const SERVED = '200';
/** A statement took its role's 5 seconds, or no connection was free for 10: a busy machine does that too. */
const SLOW = ['500', '504'];

/** What other clients were answered, how often, and when one was served. */
interface Others {
  readonly answers: Readonly<Record<string, number>>;
  readonly served: readonly number[];
}

let strain: Deployment;
let token: string;
let postgresBefore: string;

beforeAll(async () => {
  strain = await Deployment.declaring(strained());
  await strain.deploy();
  token = await strain.tokenFor('strain_user');
  postgresBefore = await postgresStart();
});

afterAll(() => strain.remove());

const startOf = (name: string) => docker('inspect', '--format', '{{.State.StartedAt}} {{.RestartCount}}', name);
/** When a container's process has ended last. */
const endOf = (name: string) => Date.parse(docker('inspect', '--format', '{{.State.FinishedAt}}', name));

/** Since when the processes of Postgres run: those that all sessions share start anew when one session has been killed. */
async function postgresStart(): Promise<string> {
  const query = `SELECT min(backend_start)::text AS start FROM pg_stat_activity WHERE backend_type = 'checkpointer'`;
  return (await strain.sql<{ start: string }>(query))[0]!.start;
}

/** Plain requests of other clients, with and without a token, until one is served after the work. */
async function meanwhile(work: Promise<unknown>): Promise<Others> {
  const answers: Record<string, number> = {};
  const served: number[] = [];
  let done = false;
  const finished = work.finally(() => (done = true));
  for (let n = 0, last = ''; !done || last !== SERVED; n++) {
    last = await send(strain.url, { name: 'plain', path: '/lines?id=eq.7' }, n % 2 === 0 ? undefined : token);
    answers[last] = (answers[last] ?? 0) + 1;
    if (last === SERVED) served.push(Date.now());
    await delay(30);
  }
  await finished;
  return { answers, served };
}

/** Some at a time, every other one with a token. */
async function underStrain(shape: Shape, count: number): Promise<Others> {
  const work = Promise.all(
    Array.from({ length: count }, (_, n) => send(strain.url, shape, n % 2 === 0 ? undefined : token)),
  );
  const others = await meanwhile(work);
  const outcome = [...new Set(await work)].sort().join(' ');
  console.info(`${shape.name}, ${count} at a time: ${outcome}; others: ${JSON.stringify(others.answers)}`);
  expect(await postgresStart(), 'Postgres goes on').toBe(postgresBefore);
  return others;
}

function expectServed({ answers }: Others): void {
  expect(answers[SERVED]).toBeGreaterThan(0);
  expect(Object.keys(answers).filter((answer) => answer !== SERVED && !SLOW.includes(answer))).toEqual([]);
}

/** Every shape with one of both counts; with `FULL_TESTS=1` with both. */
function shapesFor(count: number, all: readonly Shape[]): readonly Shape[] {
  const alone = sample(all);
  return FULL_TESTS || count === 1 ? alone : all.filter((shape) => !alone.includes(shape));
}

describe.each([1, 6])('%i at a time', (count) => {
  it.each(shapesFor(count, forPostgres))('others are served, and neither server restarts: $name', async (shape) => {
    const before = startOf('strain-api-1');
    expectServed(await underStrain(shape, count));
    expect(startOf('strain-api-1')).toBe(before);
  });

  it.each(forMemory)('Postgres goes on, and PostgREST is back within 5 s: $name', async (shape) => {
    const before = startOf('strain-api-1');
    const { served } = await underStrain(shape, count);
    const end = endOf('strain-api-1');
    const back = served.find((time) => time > end)! - end;
    console.info(`served again ${back} ms after its last end`);
    if (startOf('strain-api-1') !== before) expect(back).toBeLessThan(5000);
  });

  it.each(shapesFor(count, forServer(count)))('others are served while PostgREST computes: $name', async (shape) => {
    const before = startOf('strain-api-1');
    expectServed(await underStrain(shape, count));
    expect(startOf('strain-api-1')).toBe(before);
  });
});

it('others are served while 300 connections never finish their request', async () => {
  const close = await idleConnections(strain.apiPort, 300);
  expectServed(await meanwhile(delay(2000)));
  close();
});

it('a deploy would change nothing, after all of it', async () => {
  expect(await strain.pending()).toEqual([]);
});
