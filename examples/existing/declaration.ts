// In a project of your own: import { ... } from 'cdktf-secured-postgrest/declaration';
import { declare, migrationsFrom, ownRows } from '../../declaration/index.ts';

/** Notes that only their writer sees; requests without a token are refused. */
export default declare({
  name: 'notes',
  schemas: ['notes_api'],
  roles: { users: ['notes_user'] },
  migrations: migrationsFrom(new URL('migrations', import.meta.url)),
  tables: [
    {
      name: 'notes',
      grants: [{ to: 'notes_user', select: true, insert: ['text'], update: ['text'], delete: true }],
      policies: [ownRows({ to: 'notes_user', column: 'owner', claim: 'sub', type: 'uuid' })],
    },
  ],
});
