import { expect, it } from 'vitest';
import { allRows, custom, membership, ownRows } from '../../../declaration/index.ts';
import { declarationFile } from '../../../import/project/declaration-file.ts';

it('writes a declaration as a person would', () => {
  const text = declarationFile(
    {
      name: 'todos',
      schemas: ['public'],
      roles: { anonymous: 'anon', users: ['authenticated', { name: 'service_role', statementTimeoutMs: 8000 }] },
      tables: [
        {
          name: 'todos',
          grants: [{ to: 'authenticated', select: true, insert: ['id', "owner's"], update: true, delete: true }],
          policies: [
            ownRows({ to: 'authenticated', column: 'user_id', claim: 'sub', type: 'uuid' }),
            custom({
              name: 'drafts',
              to: 'authenticated',
              for: 'select',
              using: { file: 'policies/todos_drafts.sql', sql: `(${'a = 1 OR '.repeat(12)} a = 2)\n` },
            }),
            custom({
              name: 'old',
              to: 'authenticated',
              for: 'select',
              using: { file: 'policies/todos_old.sql', sql: '(age > 3)\n' },
            }),
          ],
        },
        { name: 'private.notes', policies: [allRows({ to: 'service_role' })] },
      ],
    },
    'migrations',
  );
  expect(text)
    .toBe(`import { allRows, custom, declare, migrationsFrom, ownRows, sql, sqlFile } from 'cdktf-secured-postgrest/declaration';

/** Imported from migrations: see IMPORT.md. */
export default declare({
  name: 'todos',
  schemas: ['public'],
  roles: { anonymous: 'anon', users: ['authenticated', { name: 'service_role', statementTimeoutMs: 8000 }] },
  migrations: migrationsFrom(new URL('migrations', import.meta.url)),
  tables: [
    {
      name: 'todos',
      grants: [{ to: 'authenticated', select: true, insert: ['id', "owner's"], update: true, delete: true }],
      policies: [
        ownRows({ to: 'authenticated', column: 'user_id', claim: 'sub', type: 'uuid' }),
        custom({
          name: 'drafts',
          to: 'authenticated',
          for: 'select',
          using: sqlFile(new URL('policies/todos_drafts.sql', import.meta.url)),
        }),
        custom({ name: 'old', to: 'authenticated', for: 'select', using: sql\`(age > 3)\` }),
      ],
    },
    { name: 'private.notes', policies: [allRows({ to: 'service_role' })] },
  ],
});
`);
});

it('describes memberships that several policies need once', () => {
  const memberships = { type: 'int', claim: 'sub', memberType: 'uuid' } as const;
  const through = { table: 'team_members', key: 'team', member: 'member' } as const;
  const leads = { ...through, where: { role: 'lead' } } as const;
  const text = declarationFile(
    {
      name: 'todos',
      schemas: ['public'],
      roles: { users: ['app'] },
      tables: [
        {
          name: 'todos',
          policies: [
            membership({ to: 'app', for: 'select', column: 'team', ...memberships, through }),
            membership({ name: 'leads', to: 'app', for: 'update', column: 'team', ...memberships, through: leads }),
            membership({ to: 'app', for: 'delete', column: 'id', ...memberships, type: 'bigint', through }),
          ],
        },
      ],
    },
    'migrations',
  );
  expect(text).toContain(`import { declare, membership, membershipIn, migrationsFrom } from`);
  expect(text).toContain(`
const inTeamMembers = membershipIn({
  table: 'team_members',
  key: 'team',
  type: 'int',
  member: 'member',
  claim: 'sub',
  memberType: 'uuid',
});

/** Imported`);
  expect(text).toContain(`        inTeamMembers({ to: 'app', for: 'select', column: 'team' }),
        inTeamMembers({ name: 'leads', to: 'app', for: 'update', column: 'team', where: { role: 'lead' } }),
        membership({
`);
});
