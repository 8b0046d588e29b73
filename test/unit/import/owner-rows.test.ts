import { expect, it } from 'vitest';
import type { FoundFunction, FoundObjects, FoundRelation } from '../../../import/database/found.ts';
import { ownerRows } from '../../../import/project/owner-rows.ts';

const relation = (schema: string, name: string) =>
  ({ schema, name, kind: 'r', row_security: true, unbound_roles: ['postgres'] }) as unknown as FoundRelation;
const fn = (name: string, body: string) =>
  ({ schema: 'api', name, body, owner: 'postgres' }) as unknown as FoundFunction;

const relations = [relation('auth', 'users'), relation('api', 'notes'), relation('api', 'bound')];

const rowsOf = (body: string, others: FoundFunction[] = []) => {
  const definer = fn('definer', body);
  const objects = { relations, functions: [definer, ...others] } as unknown as FoundObjects;
  return Object.fromEntries([...ownerRows(objects, [definer])].map(([table, commands]) => [table, [...commands]]));
};

it.each([
  ['INSERT INTO auth.users (id) VALUES (1);', { 'auth.users': ['insert'] }],
  ['INSERT INTO auth.users (id) VALUES (1) RETURNING id INTO user_id;', { 'auth.users': ['insert', 'select'] }],
  [
    'INSERT INTO notes VALUES (1) ON CONFLICT (id) DO UPDATE SET seen = true;',
    { 'api.notes': ['insert', 'update', 'select'] },
  ],
  [
    'UPDATE "notes" SET seen = true; DELETE FROM auth.users;',
    { 'api.notes': ['update', 'select'], 'auth.users': ['delete'] },
  ],
  ['SELECT * FROM notes AS n, users AS u WHERE n.owner = u.id;', { 'api.notes': ['select'], 'auth.users': ['select'] }],
  ['SELECT 1; -- FROM notes\n', {}],
])('%s: the owner reaches what each of its commands needs', (body, expected) => {
  expect(rowsOf(body)).toEqual(expected);
});

it('a function that a definer function calls runs with its rights', () => {
  expect(rowsOf('PERFORM api.helper();', [fn('helper', 'SELECT count(*) FROM notes')])).toEqual({
    'api.notes': ['select'],
  });
});

it('a table whose policies bind the owner gets no policy for it', () => {
  relations[2] = { ...relations[2]!, unbound_roles: [] };
  expect(rowsOf('SELECT * FROM bound')).toEqual({});
});
