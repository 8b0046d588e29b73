import { describe, expect, it } from 'vitest';
import { declare } from '../../../declaration/declare.ts';
import { allRows, ownRows } from '../../../declaration/policies.ts';
import type { DeclarationInput, TableInput } from '../../../declaration/types.ts';
import { withAllRowsRoles } from '../../../import/project/all-rows-roles.ts';

const own = ownRows({ to: 'app_user', column: 'owner', claim: 'sub', type: 'uuid' });
const whole = { select: true, insert: true, update: true, delete: true } as const;

function input(tables: readonly TableInput[], changes: Partial<DeclarationInput> = {}): DeclarationInput {
  return { name: 'app', schemas: ['api'], roles: { users: ['app_user', 'service'] }, tables, ...changes };
}

const table = (name: string, changes: Partial<TableInput> = {}): TableInput => ({
  name,
  grants: [{ to: ['app_user', 'service'], ...whole }],
  policies: [allRows({ to: 'service' }), own],
  ...changes,
});

/** What a declaration comes to, without the order in which it is written. */
function effect(of: DeclarationInput) {
  const { tables, views } = declare(of);
  const sorted = (items: readonly object[]) => items.map((item) => JSON.stringify(item)).sort();
  return {
    grants: [...tables, ...views].map(({ grants }) => sorted(grants)),
    policies: tables.map(({ policies }) =>
      sorted(policies.map(({ commands, roles, statements }) => ({ commands, roles, statements }))),
    ),
  };
}

describe('a role that reaches every row of every table', () => {
  const given = input([table('a'), table('b')], {
    views: [{ name: 'v', grants: [{ to: ['app_user', 'service'], select: true, insert: true }] }],
  });
  const { input: short, notes } = withAllRowsRoles(given);

  it('has allRows instead of a grant and a policy on each', () => {
    expect(short.roles.users).toEqual(['app_user', { name: 'service', allRows: true }]);
    expect(short.tables?.[0]).toEqual({ name: 'a', grants: [{ to: 'app_user', ...whole }], policies: [own] });
    expect(short.views).toEqual([
      {
        name: 'v',
        grants: [
          { to: 'app_user', select: true, insert: true },
          { to: 'service', insert: true },
        ],
      },
    ]);
    expect(notes).toEqual([{ reason: 'all_rows_role', object: 'service', detail: 'select, insert, update, delete' }]);
  });

  it('reaches the same as before', () => {
    expect(effect(short)).toEqual(effect(given));
  });

  it('has allRows for some commands where each table says the same ones', () => {
    const read = [{ to: 'service', select: true }] as const;
    const policies = [allRows({ to: 'service' })];
    const { input: one } = withAllRowsRoles(
      input([
        { name: 'a', grants: read, policies },
        { name: 'b', grants: read, policies },
      ]),
    );
    expect(one.roles.users).toEqual(['app_user', { name: 'service', allRows: 'select' }]);
    expect(one.tables).toEqual([{ name: 'a' }, { name: 'b' }]);
  });

  it.each([
    ['on one table only', [table('a')], {}],
    ['but not those of one table', [table('a'), { name: 'b' }], {}],
    ['but with fewer commands on one', [table('a'), table('b', { grants: [{ to: 'service', select: true }] })], {}],
    ['but for some columns', [table('a'), table('b', { grants: [{ to: 'service', ...whole, select: ['id'] }] })], {}],
    ['but for some rows', [table('a'), table('b', { policies: [{ ...own, to: 'service' }] })], {}],
    ['but not of a view', [table('a'), table('b')], { views: [{ name: 'v', grants: [] }] }],
    [
      'and inherits from another one',
      [table('a'), table('b')],
      { roles: { users: ['app_user', { name: 'service', inherits: ['app_user'] }] } },
    ],
  ] as const)('stays as it is %s', (_, tables, changes) => {
    const given = input(tables, changes);
    expect(withAllRowsRoles(given)).toEqual({ input: given, notes: [] });
  });
});
