import { expect, it } from 'vitest';
import { inWords } from '../../../../../access/why/conditions/claim-words.ts';
import type { Anywhere } from '../../../../../audit/anywhere/anywhere.ts';

/** Every function reads one table. */
const anywhere = {
  texts: { all: [], named: () => ['a function'], bodyOf: () => 'SELECT org FROM api.members' },
  conditions: { bodyOf: () => undefined },
} as unknown as Anywhere;

it.each([
  ['ARRAY( SELECT private.f() AS f)', 'private.f()'],
  ['ARRAY( SELECT member.member\n   FROM private.f() member(member))', 'private.f()'],
  ['ARRAY( SELECT m.id FROM "my-priv"."my f"() m(id))', '"my-priv"."my f"()'],
])('%s is told by the tables of the function', async (sql, call) => {
  expect(await inWords(sql, anywhere)).toBe(`${call} of api.members`);
});

it.each([
  'ARRAY( SELECT projects.org FROM private.f() m(id))',
  'ARRAY( SELECT m.org FROM private.f() m(id))',
  'ARRAY( SELECT m.id FROM private.f() m(id), private.g() o(id))',
])('%s, whose list is another one, stays as it is', async (sql) => {
  expect(await inWords(sql, anywhere)).toBe(sql);
});
