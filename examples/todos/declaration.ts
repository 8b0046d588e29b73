// In a project of your own: import { ... } from 'cdktf-secured-postgrest/declaration';
import { custom, declare, migrationsFrom, ownRows, publicRows, sqlFile } from '../../declaration/index.ts';

/** A to-do list: everyone sees what is public, and a user what is theirs. */
export default declare({
  name: 'todos',
  schemas: ['api'],
  roles: { anonymous: 'todos_anon', users: ['todos_user'] },
  migrations: migrationsFrom(new URL('migrations', import.meta.url)),
  tables: [
    {
      name: 'todos',
      grants: [
        { to: 'todos_anon', select: ['id', 'title', 'done'] },
        {
          to: 'todos_user',
          select: true,
          insert: ['title', 'done', 'public'],
          update: ['title', 'done', 'public'],
          delete: true,
        },
      ],
      policies: [
        publicRows({ to: ['todos_anon', 'todos_user'], for: 'select', where: { public: true } }),
        // A condition of your own, from a file.
        custom({ to: 'todos_user', for: 'select', using: sqlFile(new URL('policies/own-todos.sql', import.meta.url)) }),
        // The same, from a template.
        ownRows({
          to: 'todos_user',
          for: ['insert', 'update', 'delete'],
          column: 'user_id',
          claim: 'user_id',
          type: 'int',
        }),
      ],
    },
  ],
});
