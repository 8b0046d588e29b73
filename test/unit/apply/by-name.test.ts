import { expect, it } from 'vitest';
import { namedIn } from '../../../apply/by-name.ts';

it('finds the entries with a name, whatever dots are in it', () => {
  const entries = [
    { schema: 'a', name: 'b.c', number: 1 },
    { schema: 'a.b', name: 'c', number: 2 },
    { schema: 'a', name: 'b.c', number: 3 },
  ];
  const found = (schema: string, name: string) => namedIn(entries, { schema, name }).map(({ number }) => number);
  expect(found('a', 'b.c')).toEqual([1, 3]);
  expect(found('a.b', 'c')).toEqual([2]);
  expect(found('a', 'b')).toEqual([]);
});

it('reads a list once, however many names are looked up in it', () => {
  let reads = 0;
  const entries = Array.from({ length: 1000 }, (_, n) => ({
    schema: 'api',
    get name() {
      reads++;
      return `table_${n}`;
    },
  }));
  for (let n = 0; n < 1000; n++) expect(namedIn(entries, { schema: 'api', name: `table_${n}` })).toHaveLength(1);
  expect(reads).toBeLessThan(10 * entries.length);
});
