import { describe, expect, it } from 'vitest';
import { allRows, declare, ownRows, type UserRoleInput } from '../../../declaration/index.ts';
import { refusal } from '../../support/errors.ts';

const own = ownRows({ to: 'member', column: 'author', claim: 'sub', type: 'text' });
const declared = (role: Omit<UserRoleInput, 'name'>) =>
  declare({
    name: 'notes',
    schemas: ['api'],
    roles: { users: ['member', { name: 'service_role', ...role }] },
    tables: [{ name: 'notes', grants: [{ to: 'member', select: true }], policies: [own] }, { name: 'tags' }],
    views: [{ name: 'open_notes' }],
  });
const grantsOf = ({ grants }: { grants: readonly { role: string; command: string }[] }) =>
  grants.filter(({ role }) => role === 'service_role').map(({ command }) => command);

describe('a role with allRows', () => {
  it('has every command on every row of each declared table, and reads each declared view', () => {
    const { tables, views } = declared({ allRows: true });
    for (const table of tables) {
      expect(grantsOf(table)).toEqual(['select', 'insert', 'update', 'delete']);
      expect(table.policies.at(-1)).toMatchObject({ input: { kind: 'all-rows' }, roles: ['service_role'] });
    }
    expect(views.map(grantsOf)).toEqual([['select']]);
  });

  it('has the named commands only', () => {
    const { tables, views } = declared({ allRows: 'insert' });
    expect(tables.map(grantsOf)).toEqual([['insert'], ['insert']]);
    expect(views.map(grantsOf)).toEqual([[]]);
  });

  it('leaves what other roles reach as it is', () => {
    const without = declared({}).tables[0]!;
    const { grants, policies } = declared({ allRows: ['select', 'update'] }).tables[0]!;
    expect(grants.filter(({ role }) => role === 'member')).toEqual(without.grants);
    expect(policies.filter(({ roles }) => roles.includes('member'))).toEqual(without.policies);
  });

  it('is the same as a grant and allRows on each table', () => {
    const written = declare({
      name: 'notes',
      schemas: ['api'],
      roles: { users: ['service_role'] },
      tables: [
        {
          name: 'notes',
          grants: [{ to: 'service_role', select: true, delete: true }],
          policies: [allRows({ to: 'service_role', for: ['select', 'delete'] })],
        },
      ],
    });
    const short = declare({
      name: 'notes',
      schemas: ['api'],
      roles: { users: [{ name: 'service_role', allRows: ['select', 'delete'] }] },
      tables: [{ name: 'notes' }],
    });
    expect(short).toEqual(written);
  });

  it('must not have a narrower grant as well, which would mean nothing', () => {
    const narrower = () =>
      declare({
        name: 'notes',
        schemas: ['api'],
        roles: { users: [{ name: 'service_role', allRows: true }] },
        tables: [{ name: 'notes', grants: [{ to: 'service_role', select: ['id'] }] }],
      });
    expect(refusal(narrower).code).toBe('duplicate_name');
  });
});
