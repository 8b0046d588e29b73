import { declare, ownRows, type Declaration, type DeclarationInput, type SqlSource } from '../../declaration/index.ts';
import { POSTGRES_ADVISORIES } from './embedded-advisories.ts';

export const notesMigration: SqlSource = {
  file: 'migrations/001_notes.sql',
  sql: `CREATE TABLE api.notes (
  id serial PRIMARY KEY,
  user_id int NOT NULL DEFAULT 1,
  body text
);
CREATE INDEX ON api.notes (user_id);
INSERT INTO notes (user_id, body) VALUES (1, 'mine'), (2, 'yours');
`,
};

/** A small declaration: one table, an anonymous role and two users; `prefix` is the name of the test's database. */
export function notesInput(prefix: string, more: Partial<DeclarationInput> = {}): DeclarationInput {
  return {
    name: prefix,
    schemas: ['api'],
    roles: { anonymous: `${prefix}_anon`, users: [`${prefix}_user`, `${prefix}_other`] },
    migrations: [notesMigration],
    tables: [
      {
        name: 'notes',
        grants: [{ to: `${prefix}_user`, select: true, insert: ['user_id', 'body'], update: ['body'], delete: true }],
        policies: [ownRows({ to: `${prefix}_user`, column: 'user_id', claim: 'user_id', type: 'int' })],
      },
    ],
    acceptedAdvisories: POSTGRES_ADVISORIES,
    ...more,
  };
}

export function notes(prefix: string, more: Partial<DeclarationInput> = {}): Declaration {
  return declare(notesInput(prefix, more));
}
