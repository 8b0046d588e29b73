import { expect, it } from 'vitest';
import { writesOutside, type Marked } from '../../../../access/check/effects.ts';
import type { CheckRequest } from '../../../../access/check/request.ts';
import type { Property } from '../../../../access/prove/property.ts';

const notes = { schema: 'api', name: 'notes' };
const deletes: Property = {
  ...{ name: 'own', words: 'nobody else deletes', roles: ['member'], only: 'false' },
  relation: notes,
  commands: ['delete'],
};
const all = { ...deletes, commands: ['insert', 'update', 'delete'] as const };
const call: CheckRequest = {
  ...{ kind: 'call', sender: { role: 'member' }, arguments: {}, filters: [] },
  target: { schema: 'api', name: 'tidy' },
};
const row = (id: number, body = 'a', meets = false): Marked => ({ row: { id, body }, meets });

it.for<[string, Property, { before: Marked[]; after: Marked[] }, boolean]>([
  ['a row that a function deletes', deletes, { before: [row(1), row(2)], after: [row(2)] }, true],
  ['a row within the limit that is deleted', deletes, { before: [row(1, 'a', true)], after: [] }, false],
  ['an update, where deletions are limited', deletes, { before: [row(1)], after: [row(1, 'b')] }, false],
  [
    'an update of such a column',
    { ...all, commands: ['update'], columns: ['body'] },
    { before: [row(1)], after: [row(1, 'b')] },
    true,
  ],
  [
    'an update of another column',
    { ...all, commands: ['update'], columns: ['id'] },
    { before: [row(1)], after: [row(1, 'b')] },
    false,
  ],
  ['a key that changes, where deletions are limited', deletes, { before: [row(1)], after: [row(3)] }, false],
  ['a key that changes, where all is limited', all, { before: [row(1)], after: [row(3)] }, true],
  ['nothing', all, { before: [row(1)], after: [row(1)] }, false],
])('judges %s', ([, property, around, expected]) => {
  expect(writesOutside(property, call, around, ['id'])).toBe(expected);
});

it('cannot tell what a function does to rows without a key, unless all is limited', () => {
  const around = { before: [row(1)], after: [] };
  expect(writesOutside(deletes, call, around, undefined)).toBe(false);
  expect(writesOutside(all, call, around, undefined)).toBe(true);
});
