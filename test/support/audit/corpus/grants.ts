import { casesOn } from './case.ts';
import { asAnn, asAnonymous, notes, openNotes, ownNotes, protect, SAFE_PATH, SUB } from './snippets.ts';

const CURRENT = 'current_database()';

/** Grants: to PUBLIC, on schemas, of what comes later, of sequences and large objects. */
export const grants = casesOn('postgrest', [
  {
    id: 'public-grant-where-nobody-looks',
    title: 'PUBLIC is granted a table of a schema that nobody may use',
    grade: 'closed',
    rules: ['granted_to_public', 'rls_disabled'],
    sql: `CREATE TABLE private.keys (id int PRIMARY KEY, secret text); GRANT SELECT ON private.keys TO PUBLIC;`,
    shows: [asAnn('fails', 'SELECT FROM private.keys')],
  },
  {
    id: 'public-grant-with-policies',
    title: 'PUBLIC is granted a table whose policies are for members',
    grade: 'closed',
    rules: ['granted_to_public', 'no_policy'],
    sql: `${notes} GRANT SELECT ON api.notes TO PUBLIC; CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${SUB});`,
    shows: [asAnonymous('none', 'SELECT FROM api.notes'), asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'later-tables-for-public',
    title: 'PUBLIC is granted every table that is made later',
    grade: 'open',
    rules: ['default_privileges'],
    sql: `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;`,
    shows: [
      asAnonymous(
        'some',
        `RESET ROLE; SET SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE owner; ${openNotes} SET LOCAL ROLE anon; SELECT FROM api.notes`,
      ),
    ],
  },
  {
    id: 'later-tables-for-anonymous',
    title: 'anonymous is granted everything on each table that is made later in the exposed schema',
    grade: 'open',
    rules: ['default_privileges'],
    sql: `ALTER DEFAULT PRIVILEGES IN SCHEMA api GRANT ALL ON TABLES TO anon;`,
    shows: [
      asAnonymous(
        'some',
        `RESET ROLE; SET SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE owner; ${openNotes} SET LOCAL ROLE anon; SELECT FROM api.notes`,
      ),
    ],
  },
  {
    id: 'later-tables-for-a-backend',
    title: 'a role that requests cannot become is granted each table that is made later',
    grade: 'fine',
    sql: `RESET ROLE; CREATE ROLE backend; ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA api GRANT SELECT ON TABLES TO backend;`,
    undo: 'DROP ROLE backend',
  },
  {
    id: 'later-tables-in-a-private-schema',
    title: 'members are granted each table that is made later in a schema that they may not use',
    grade: 'closed',
    rules: ['default_privileges'],
    sql: `ALTER DEFAULT PRIVILEGES IN SCHEMA private GRANT SELECT ON TABLES TO member;`,
  },
  {
    id: 'truncate-granted',
    title: 'members are granted TRUNCATE, REFERENCES and TRIGGER, which no request can use',
    grade: 'closed',
    rules: ['truncate_granted'],
    sql: `${ownNotes} GRANT TRUNCATE, REFERENCES, TRIGGER ON api.notes TO member;`,
  },
  {
    id: 'truncate-by-a-function',
    title: "a function with the caller's rights empties the table, past all policies",
    grade: 'open',
    rules: ['truncate_granted'],
    sql: `${ownNotes} GRANT TRUNCATE ON api.notes TO member; CREATE FUNCTION api.clear() RETURNS int LANGUAGE sql ${SAFE_PATH} AS 'TRUNCATE api.notes; SELECT 1'; GRANT EXECUTE ON FUNCTION api.clear TO member;`,
    shows: [asAnn('some', 'SELECT api.clear()')],
  },
  {
    id: 'sequence-usage',
    title: 'members may use the sequence of a key, as an insert needs it',
    grade: 'fine',
    sql: `CREATE TABLE api.tasks (id serial PRIMARY KEY, user_id text NOT NULL); CREATE INDEX ON api.tasks (user_id); ${protect('api.tasks')}
      GRANT SELECT, INSERT ON api.tasks TO member; GRANT USAGE ON SEQUENCE api.tasks_id_seq TO member; CREATE POLICY own ON api.tasks TO member USING (user_id = ${SUB});`,
    shows: [asAnn('some', `INSERT INTO api.tasks (user_id) VALUES ('ann')`)],
  },
  {
    id: 'sequence-set-by-a-function',
    title: 'a function sets the sequence of a key: later inserts of all members collide',
    grade: 'open',
    rules: ['sequence_granted'],
    sql: `CREATE TABLE api.tasks (id serial PRIMARY KEY, user_id text NOT NULL); CREATE INDEX ON api.tasks (user_id); ${protect('api.tasks')}
      GRANT SELECT, INSERT ON api.tasks TO member; GRANT USAGE, UPDATE ON SEQUENCE api.tasks_id_seq TO member; CREATE POLICY own ON api.tasks TO member USING (user_id = ${SUB});
      CREATE FUNCTION api.set_next(next bigint) RETURNS bigint LANGUAGE sql ${SAFE_PATH} AS $$ SELECT setval('api.tasks_id_seq', next) $$; GRANT EXECUTE ON FUNCTION api.set_next TO member;`,
    shows: [
      asAnn(
        'fails',
        `INSERT INTO api.tasks (user_id) VALUES ('ann'), ('ann'); SELECT api.set_next(1); INSERT INTO api.tasks (user_id) VALUES ('ann')`,
      ),
    ],
  },
  {
    id: 'large-objects-of-all',
    title: 'large objects have no owners, and a function returns any of them',
    grade: 'open',
    rules: ['large_objects', 'weakening_setting'],
    sql: `CREATE FUNCTION api.file(id oid) RETURNS bytea LANGUAGE sql ${SAFE_PATH} AS 'SELECT lo_get(id)'; GRANT EXECUTE ON FUNCTION api.file TO member; SELECT lo_from_bytea(4711, 'secret');
      RESET ROLE; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lo_compat_privileges = on', ${CURRENT}); END $$; SET LOCAL lo_compat_privileges = on;`,
    shows: [asAnn('some', 'SELECT api.file(4711)')],
  },
  {
    id: 'large-objects-with-owners',
    title: 'a function returns large objects, and members own none',
    grade: 'closed',
    rules: ['large_objects'],
    sql: `CREATE FUNCTION api.file(id oid) RETURNS bytea LANGUAGE sql ${SAFE_PATH} AS 'SELECT lo_get(id)'; GRANT EXECUTE ON FUNCTION api.file TO member; SELECT lo_from_bytea(4711, 'secret');`,
    shows: [asAnn('fails', 'SELECT api.file(4711)')],
  },
  {
    id: 'large-object-without-a-way',
    title: 'members are granted a large object, and nothing of the API reads large objects',
    grade: 'closed',
    rules: ['large_objects'],
    sql: `SELECT lo_from_bytea(4711, 'logo'); GRANT SELECT ON LARGE OBJECT 4711 TO member;`,
  },
  {
    id: 'everything-granted-and-no-policy',
    title: 'anonymous is granted everything in the schema, and row security has policies for members only',
    grade: 'closed',
    rules: ['no_policy', 'truncate_granted'],
    sql: `${ownNotes} GRANT ALL ON ALL TABLES IN SCHEMA api TO anon;`,
    shows: [asAnonymous('none', 'SELECT FROM api.notes'), asAnonymous('none', 'DELETE FROM api.notes')],
  },
  {
    id: 'grant-option',
    title: 'members may pass on their grants, which no request can do',
    grade: 'closed',
    sql: `${ownNotes} GRANT SELECT ON api.notes TO member WITH GRANT OPTION;`,
    shows: [asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
]);
