import { allRows, declare, migrationsFrom, ownRows } from '../../declaration/index.ts';

/** Messages on a board, and moderators who may remove them; both sign in with the token service. */
export default declare({
  name: 'board',
  schemas: ['board_api'],
  roles: { users: ['board_member', 'board_moderator'] },
  migrations: migrationsFrom(new URL('migrations', import.meta.url)),
  tables: [
    {
      name: 'messages',
      grants: [
        { to: 'board_member', select: true, insert: ['author', 'body'] },
        { to: 'board_moderator', select: true, delete: true },
      ],
      policies: [
        ownRows({ to: 'board_member', column: 'author', claim: 'sub', type: 'text' }),
        allRows({ to: 'board_moderator' }),
      ],
    },
  ],
  tokens: { issuer: process.env['TOKEN_ISSUER'] ?? 'https://board.example.org/sign-in', audience: 'board' },
});
