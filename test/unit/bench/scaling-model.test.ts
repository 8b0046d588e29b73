import { expect, it } from 'vitest';
import { sizesFor } from '../../../bench/scaling/model.ts';
import { secondsBetween, type ProcessorTimes } from '../../../bench/scaling/processor-time.ts';

const request = { nginx: 60, postgrest: 600, postgres: 300, bytes: 1000 };

it('cores are the rate times the CPU time of a request, of which 60 % are used', () => {
  expect(sizesFor(1000, request)).toMatchObject({
    nginxCores: 0.1,
    postgrestCores: 1,
    postgresCores: 0.5,
    databases: 1,
  });
});

it('connections are those of all pods twice, each with one more that listens', () => {
  const { pods, poolSize, connections } = sizesFor(10_000, request);
  expect(pods).toBe(10);
  // 2.5 ms of round trips and 0.75 ms of Postgres: 32.5 are busy.
  expect(poolSize).toBe(7);
  expect(connections).toBe(10 * 2 * (7 + 1));
});

it('a low rate still has two pods', () => {
  expect(sizesFor(1, request)).toMatchObject({ pods: 2, poolSize: 2 });
});

it('processor time of a process that has begun meanwhile counts from its start', () => {
  const times = (...entries: [number, number][]): ProcessorTimes =>
    new Map(entries.map(([pid, nanoseconds]) => [pid, { program: 'postgres', nanoseconds }]));
  expect(secondsBetween(times([1, 1e9]), times([1, 3e9], [2, 1e9])).postgres).toBe(3);
});
