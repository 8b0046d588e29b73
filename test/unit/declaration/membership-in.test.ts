import { expect, it } from 'vitest';
import { membership, membershipIn } from '../../../declaration/index.ts';

const inProject = membershipIn({
  table: 'project_members',
  key: 'project_id',
  type: 'int',
  member: 'user_id',
  claim: 'sub',
  memberType: 'uuid',
});

it('membershipIn describes a membership table once, for the policies of several tables', () => {
  expect(inProject({ to: 'member', for: 'select', column: 'id' })).toEqual(
    membership({
      to: 'member',
      for: 'select',
      column: 'id',
      type: 'int',
      through: { table: 'project_members', key: 'project_id', member: 'user_id' },
      claim: 'sub',
      memberType: 'uuid',
    }),
  );
});

it('membershipIn narrows a policy to some memberships', () => {
  const { through } = inProject({ to: 'member', column: 'project_id', where: { role: ['editor', 'lead'] } });
  expect(through.where).toEqual({ role: ['editor', 'lead'] });
});

it('membershipIn has what narrows each of its policies', () => {
  const active = membershipIn({
    ...{ table: 'staff', key: 'team', type: 'text', member: 'person', claim: 'sub', memberType: 'text' },
    where: { active: true },
  });
  expect(active({ to: 'member', column: 'team', where: { role: 'lead' } }).through.where).toEqual({
    active: true,
    role: 'lead',
  });
});
