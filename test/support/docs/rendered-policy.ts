import { desiredAccess } from '../../../compile/access.ts';
import { declare, type PolicyInput } from '../../../declaration/index.ts';

const everything = {
  to: ['anon', 'member', 'manager'],
  select: true,
  insert: true,
  update: true,
  delete: true,
} as const;
const kinds = ['claim', 'claim_list', 'try_cast', 'examine_request', 'pre_request'];

/** The SQL of one policy of the table `documents`, and of the membership function that it needs. */
export function renderedPolicy(policy: PolicyInput): string {
  const { functions, policies } = desiredAccess(
    declare({
      name: 'app',
      schemas: ['api'],
      roles: { anonymous: 'anon', users: ['member', 'manager'] },
      tables: [
        { name: 'project_members' },
        {
          name: 'documents',
          grants: [everything],
          // Every grant has to be served by some policy.
          policies: [policy, { kind: 'all-rows', name: 'other', to: everything.to }],
        },
      ],
    }),
  );
  return [
    ...functions.filter(({ name }) => !kinds.includes(name)),
    ...policies.filter(({ name, table }) => name !== 'other' && table.name === 'documents'),
  ]
    .map(({ statement }) => `${statement};\n`)
    .join('');
}
