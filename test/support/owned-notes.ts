import { declare, ownRows } from '../../declaration/index.ts';

/** The notes of docs/importing.md, whose rows belong to the `sub` of a token. */
export const ownedNotes = declare({
  name: 'notes',
  schemas: ['api'],
  roles: { users: ['notes_user'] },
  migrations: [
    {
      file: '001_notes.sql',
      sql: 'CREATE TABLE notes (owner uuid NOT NULL, text text); CREATE INDEX ON notes (owner);',
    },
  ],
  tables: [
    {
      name: 'notes',
      grants: [{ to: 'notes_user', select: true, insert: true, delete: true }],
      policies: [ownRows({ to: 'notes_user', column: 'owner', claim: 'sub', type: 'uuid' })],
    },
  ],
});

export const ANN = '00000000-0000-0000-0000-000000000001';
export const BOB = '00000000-0000-0000-0000-000000000002';

export const notesSeed = {
  file: 'seed.sql',
  sql: `INSERT INTO api.notes VALUES ('${ANN}', 'of ann'), ('${BOB}', 'of bob')`,
};
