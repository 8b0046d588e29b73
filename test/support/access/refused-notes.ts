import { allRows, declare, ownRows } from '../../../declaration/index.ts';

/** A declaration whose rejections are explained. */
export const declaration = declare({
  name: 'notes',
  schemas: ['api', 'reports'],
  internalSchemas: ['internal'],
  roles: { anonymous: 'anon', users: ['member', { name: 'editor', inherits: ['member'] }] },
  tables: [
    {
      name: 'notes',
      grants: [
        { to: 'anon', select: ['id', 'title'] },
        { to: 'member', select: true, insert: true, update: ['title'] },
      ],
      policies: [
        allRows({ to: 'anon', for: 'select' }),
        ownRows({ to: 'member', column: 'owner', claim: 'sub', type: 'uuid' }),
      ],
    },
    { name: 'inbox', grants: [{ to: 'anon', insert: true }], policies: [allRows({ to: 'anon' })] },
    { name: 'internal.plans', grants: [{ to: 'member', select: true }], policies: [allRows({ to: 'member' })] },
  ],
  views: [{ name: 'summary', grants: [{ to: ['anon', 'member'], select: true }] }],
  functions: [{ name: 'publish', execute: 'editor' }],
});
