import {
  declare,
  ownRows,
  type Declaration,
  type DeclarationInput,
  type SqlSource,
} from '../../../../declaration/index.ts';
import { POSTGRES_ADVISORIES } from '../../../support/embedded-advisories.ts';

const tables: SqlSource = {
  file: 'migrations/001_tables.sql',
  sql: `CREATE TABLE api.notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL, body text);
    CREATE INDEX ON api.notes (user_id);
    INSERT INTO api.notes (user_id, body) VALUES (1, 'mine'), (2, 'SECRET of two'), (3, 'SECRET of three');
    CREATE TABLE api.hidden (body text);
    INSERT INTO api.hidden VALUES ('SECRET hidden');
    CREATE TABLE api.staff (user_id text PRIMARY KEY, note text);
    INSERT INTO api.staff VALUES ('subject');
    CREATE VIEW api.list AS SELECT id, user_id, body FROM api.notes;
    CREATE FUNCTION api.hello() RETURNS text LANGUAGE sql RETURN 'hello';
    CREATE FUNCTION api.peek() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT body FROM api.notes; END;
    CREATE FUNCTION api.echo(word text) RETURNS text LANGUAGE sql RETURN word;
    -- The worst that a function with the caller's rights can be: it runs what it is told.
    CREATE FUNCTION api.run(query text) RETURNS text LANGUAGE plpgsql AS
      'DECLARE answer text; BEGIN EXECUTE query INTO answer; RETURN answer; END';`,
};

/** A table of which everybody sees their own rows, one that nobody reaches, and functions; tokens can be revoked. */
export function waysDeclaration(more: readonly SqlSource[] = [], input: Partial<DeclarationInput> = {}): Declaration {
  const both = ['w_anon', 'w_user'];
  return declare({
    name: 'w',
    schemas: ['api'],
    roles: { anonymous: 'w_anon', users: ['w_user'] },
    migrations: [tables, ...more],
    tables: [
      {
        name: 'notes',
        grants: [{ to: 'w_user', select: true, insert: true, update: true }],
        policies: [ownRows({ to: 'w_user', column: 'user_id', claim: 'user_id', type: 'int' })],
      },
    ],
    views: [{ name: 'list', grants: [{ to: 'w_user', select: true }] }],
    functions: [
      { name: 'hello', execute: both },
      { name: 'peek', execute: 'w_user' },
      { name: 'echo', execute: both },
      { name: 'run', execute: both },
    ],
    acceptedAdvisories: POSTGRES_ADVISORIES,
    tokens: { revocation: { subject: 'user_id', revokeOnChange: [{ table: 'staff', column: 'user_id' }] } },
    ...input,
  });
}
