import { expect, it } from 'vitest';
import { atTheSameTime } from '../../../../cli/deploy/kubernetes/at-the-same-time.ts';

const numbers = Array.from({ length: 30 }, (_, n) => n);

it('calls with eight values at the same time, and keeps their order', async () => {
  let [running, most] = [0, 0];
  const results = await atTheSameTime(numbers, async (n) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    return n * 2;
  });
  expect(results).toEqual(numbers.map((n) => n * 2));
  expect(most).toBe(8);
});

it('begins no call after a failure', async () => {
  const called: number[] = [];
  const failing = atTheSameTime(numbers, async (n) => {
    called.push(n);
    await new Promise(setImmediate);
    if (n === 0) throw new Error('the first one fails');
  });
  await expect(failing).rejects.toThrow('the first one fails');
  await new Promise(setImmediate);
  expect(called.length).toBe(8);
});
