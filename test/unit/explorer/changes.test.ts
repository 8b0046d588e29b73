import { expect, it } from 'vitest';
import { createChanges } from '../../../explorer/changes.ts';

it('a page that waits hears of the next change, one that is late of the latest', async () => {
  const changes = createChanges();
  expect(await changes.after(-1, 10_000)).toBe(0);
  const waiting = [changes.after(0, 10_000), changes.after(0, 10_000)];
  changes.announce();
  expect(await Promise.all(waiting)).toEqual([1, 1]);
  changes.announce();
  expect(await changes.after(1, 10_000)).toBe(2);
});

it('a page waits only so long', async () => {
  expect(await createChanges().after(0, 1)).toBe(0);
});
