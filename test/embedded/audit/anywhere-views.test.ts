import { useAnywhereDatabase } from '../../support/audit/anywhere-database.ts';
import { testRule } from '../../support/audit/rule-cases.ts';

const database = useAnywhereDatabase();

const SUB = `(SELECT current_setting('request.jwt.claims', true)::json ->> 'sub')`;
const table = 'CREATE TABLE api.notes (id int PRIMARY KEY, user_id text NOT NULL, body text);';
/** Members read their own notes; the owner of the table reads all. */
const notes = `${table} ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.notes TO member;
  CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});`;
const privateNotes = 'CREATE TABLE private.notes (id int PRIMARY KEY, user_id text NOT NULL, body text);';
const products = 'CREATE TABLE private.products (id int PRIMARY KEY, name text, cost numeric);';
const list = 'CREATE VIEW api.list AS SELECT * FROM api.notes; GRANT SELECT ON api.list TO member;';

testRule(
  database,
  'view_bypasses_policies',
  [
    {
      title: "a view with its owner's rights over a table with policies",
      sql: notes + list,
      level: 'error',
      object: 'api.list',
      says: ['member', 'api.notes past its policies'],
    },
    {
      title: 'a view for a role that has no grant on the table, where another role has one',
      sql: `${notes} CREATE VIEW api.list AS SELECT id FROM api.notes; GRANT SELECT ON api.list TO anon;`,
      level: 'error',
      object: 'api.list',
      says: ['anon'],
      mends: false,
    },
    {
      title: 'a view that shows more columns than the role is granted',
      sql: `CREATE TABLE api.people (id int PRIMARY KEY, phone text); GRANT SELECT (id) ON api.people TO member;
        CREATE VIEW api.list AS SELECT * FROM api.people; GRANT SELECT ON api.list TO member;`,
      level: 'error',
      object: 'api.list',
      says: ['columns that are not granted'],
      mends: false,
    },
    {
      title: 'a view of all rows of a private table that says whose they are',
      sql: `${privateNotes} CREATE VIEW api.notes AS SELECT * FROM private.notes; GRANT SELECT ON api.notes TO member;`,
      level: 'warning',
      object: 'api.notes',
      says: ['of every owner'],
      mends: false,
    },
    {
      title: 'a view of groups of rows',
      sql: `${notes} CREATE VIEW api.counts AS SELECT user_id, count(*) FROM api.notes GROUP BY user_id; GRANT SELECT ON api.counts TO member;`,
      level: 'warning',
      object: 'api.counts',
      says: ['member'],
    },
    {
      title: 'a view that a function with the rights of its caller reads',
      sql: `${notes} CREATE VIEW private.list AS SELECT * FROM api.notes; GRANT USAGE ON SCHEMA private TO member; GRANT SELECT ON private.list TO member;
        CREATE FUNCTION api.list() RETURNS SETOF private.list LANGUAGE sql AS 'SELECT * FROM private.list'; GRANT EXECUTE ON FUNCTION api.list TO member;`,
      level: 'error',
      object: 'private.list',
      says: ['through api.list()'],
    },
    {
      title: 'a view that filters by a claim in one of its parts only',
      sql: `${notes} CREATE VIEW api.list WITH (security_barrier) AS SELECT * FROM api.notes WHERE user_id = ${SUB} UNION ALL SELECT * FROM api.notes;
        GRANT SELECT ON api.list TO member;`,
      level: 'error',
      object: 'api.list',
      says: ['member'],
    },
    {
      title: "a superuser's view of the logins of the cluster",
      sql: 'RESET ROLE; CREATE VIEW api.logins AS SELECT rolname, rolpassword FROM pg_authid; GRANT SELECT ON api.logins TO anon;',
      level: 'error',
      object: 'api.logins',
      says: ['anon', 'pg_authid'],
    },
  ],
  [
    {
      title: 'a view that no role of requests reads',
      sql: `${notes} CREATE VIEW api.list AS SELECT * FROM api.notes;`,
    },
    {
      title: "a view with the caller's rights",
      sql: `${notes} CREATE VIEW api.list WITH (security_invoker) AS SELECT * FROM api.notes; GRANT SELECT ON api.list TO member;`,
    },
    {
      title: 'a view whose owner is bound too',
      sql: `${notes} ALTER TABLE api.notes FORCE ROW LEVEL SECURITY; ${list}`,
    },
    {
      title: 'a view of rows that the reader reads anyway',
      sql: `${table} ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.notes TO member;
        CREATE POLICY everyone ON api.notes FOR SELECT TO member USING (true); ${list}`,
    },
    {
      title: 'a view with the condition of the policy',
      sql: `CREATE TABLE api.posts (id int PRIMARY KEY, live boolean); ALTER TABLE api.posts ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.posts TO anon;
        CREATE POLICY live ON api.posts FOR SELECT TO anon USING (live); CREATE VIEW api.live AS SELECT id FROM api.posts WHERE live; GRANT SELECT ON api.live TO anon;`,
    },
    {
      title: 'a view of some columns of a private catalogue',
      sql: `${products} CREATE VIEW api.products AS SELECT id, name FROM private.products; GRANT SELECT ON api.products TO anon;`,
    },
    {
      title: 'a view that filters by a claim, behind a barrier',
      sql: `${notes} CREATE VIEW api.list WITH (security_barrier) AS SELECT * FROM api.notes WHERE user_id = ${SUB}; GRANT SELECT ON api.list TO member;`,
    },
    {
      title: 'a view that filters by a setting of the API or the role, behind a barrier',
      sql: `${notes} CREATE VIEW api.list WITH (security_barrier) AS SELECT * FROM api.notes WHERE user_id = current_setting('app.user'); GRANT SELECT ON api.list TO member;
        CREATE VIEW api.others WITH (security_barrier) AS SELECT * FROM api.notes WHERE user_id = current_user; GRANT SELECT ON api.others TO member;`,
    },
    {
      title: "a view of a catalog that everyone reads, and one of its owner's",
      sql: `RESET ROLE; CREATE VIEW api.zones AS SELECT name FROM pg_timezone_names; GRANT SELECT ON api.zones TO anon;`,
    },
  ],
);

testRule(
  database,
  'view_chain',
  [
    {
      title: "a view with the caller's rights over a hidden one with its owner's",
      sql: `${notes} CREATE VIEW private.everything AS SELECT * FROM api.notes; GRANT SELECT ON private.everything TO member;
        CREATE VIEW api.list WITH (security_invoker) AS SELECT * FROM private.everything; GRANT SELECT ON api.list TO member;`,
      level: 'error',
      object: 'api.list',
      says: ['member', 'because private.everything'],
    },
  ],
  [
    {
      title: 'a chain that ends where the caller has no grant',
      sql: `${notes} CREATE VIEW private.everything AS SELECT * FROM api.notes;
        CREATE VIEW api.list WITH (security_invoker) AS SELECT * FROM private.everything; GRANT SELECT ON api.list TO member;`,
    },
    {
      title: "a chain of views with the caller's rights",
      sql: `${notes} CREATE VIEW private.everything WITH (security_invoker) AS SELECT * FROM api.notes; GRANT SELECT ON private.everything TO member;
        CREATE VIEW api.list WITH (security_invoker) AS SELECT * FROM private.everything; GRANT SELECT ON api.list TO member;`,
    },
  ],
);

const users = `RESET ROLE; CREATE SCHEMA auth; CREATE TABLE auth.users (id uuid PRIMARY KEY, email text);`;
testRule(
  database,
  'auth_users_exposed',
  [
    {
      title: 'a view over auth.users',
      sql: `${users} CREATE VIEW api.people AS SELECT id, email FROM auth.users; GRANT SELECT ON api.people TO anon, member;`,
      level: 'error',
      object: 'api.people',
      says: ['anon and member'],
    },
    {
      title: 'a materialized view over auth.users',
      sql: `${users} CREATE MATERIALIZED VIEW api.people AS SELECT id, email FROM auth.users; GRANT SELECT ON api.people TO member;`,
      level: 'error',
      object: 'api.people',
      says: ['member'],
    },
  ],
  [
    {
      title: "a view over auth.users with the caller's rights",
      sql: `${users} CREATE VIEW api.people WITH (security_invoker) AS SELECT id FROM auth.users; GRANT SELECT ON api.people TO anon;`,
    },
    {
      title: 'a view of the own user',
      sql: `${users} CREATE VIEW api.me AS SELECT id, email FROM auth.users WHERE id = ${SUB}::uuid; GRANT SELECT ON api.me TO member;`,
    },
  ],
);

testRule(
  database,
  'materialized_view',
  [
    {
      title: 'a materialized view of a table with policies',
      sql: `${notes} CREATE MATERIALIZED VIEW api.list AS SELECT * FROM api.notes; GRANT SELECT ON api.list TO member;`,
      level: 'error',
      object: 'api.list',
      says: ['member', 'past its policies'],
    },
    {
      title: 'a materialized view of a private table that says whose rows they are',
      sql: `${privateNotes} CREATE MATERIALIZED VIEW api.list AS SELECT * FROM private.notes; GRANT SELECT ON api.list TO anon;`,
      level: 'warning',
      object: 'api.list',
      says: ['anon'],
    },
  ],
  [
    {
      title: 'a materialized view of a private catalogue',
      sql: `${products} CREATE MATERIALIZED VIEW api.list AS SELECT id, name FROM private.products; GRANT SELECT ON api.list TO anon;`,
    },
    {
      title: 'a materialized view behind a view that filters by a claim',
      sql: `${notes} CREATE MATERIALIZED VIEW private.list AS SELECT * FROM api.notes;
        CREATE VIEW api.list WITH (security_barrier) AS SELECT * FROM private.list WHERE user_id = ${SUB}; GRANT SELECT ON api.list TO member;`,
    },
  ],
);

const file = `RESET ROLE; CREATE EXTENSION file_fdw SCHEMA private; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
  CREATE FOREIGN TABLE api.versions (line text) SERVER files OPTIONS (filename 'PG_VERSION');`;
testRule(
  database,
  'foreign_table',
  [
    {
      title: 'a foreign table that is granted',
      sql: `${file} GRANT SELECT ON api.versions TO anon;`,
      level: 'warning',
      object: 'api.versions',
      says: ['anon may select'],
    },
  ],
  [{ title: 'a foreign table without a grant', sql: file }],
);

testRule(
  database,
  'view_without_barrier',
  [
    {
      title: 'a view that filters by a claim without a barrier',
      sql: `${privateNotes} CREATE VIEW api.notes AS SELECT * FROM private.notes WHERE user_id = ${SUB}; GRANT SELECT ON api.notes TO member;`,
      level: 'warning',
      object: 'api.notes',
      says: ['private.notes', 'member'],
    },
    {
      title: 'a view that filters by a claim in its join',
      sql: `${privateNotes} CREATE TABLE private.teams (team int, who text);
        CREATE VIEW api.notes AS SELECT n.* FROM private.notes AS n JOIN private.teams AS t ON t.who = n.user_id AND t.who = ${SUB}; GRANT SELECT ON api.notes TO member;`,
      level: 'warning',
      object: 'api.notes',
      says: ['member'],
    },
  ],
  [
    {
      title: 'a view with a barrier',
      sql: `${privateNotes} CREATE VIEW api.notes WITH (security_barrier) AS SELECT * FROM private.notes WHERE user_id = ${SUB}; GRANT SELECT ON api.notes TO member;`,
    },
    {
      title: 'a view that filters by nothing of the request',
      sql: `${products} CREATE VIEW api.products AS SELECT id FROM private.products WHERE cost > 1; GRANT SELECT ON api.products TO anon;`,
    },
    {
      title: 'a view that filters rows which the reader reads anyway',
      sql: `${products} GRANT SELECT ON private.products TO member; CREATE VIEW api.products AS SELECT id FROM private.products WHERE name = ${SUB};
        GRANT SELECT ON api.products TO member;`,
    },
  ],
);

testRule(
  database,
  'view_writable',
  [
    {
      title: 'a view through which a private table is written',
      sql: `${products} CREATE VIEW api.products AS SELECT id, name FROM private.products; GRANT SELECT ON api.products TO anon; GRANT ALL ON api.products TO member;`,
      level: 'error',
      object: 'api.products',
      says: ['member', 'update and delete', 'private.products'],
    },
    {
      title: 'a view through which rows are given to others',
      sql: `${privateNotes} CREATE VIEW api.notes WITH (security_barrier) AS SELECT * FROM private.notes WHERE user_id = ${SUB}; GRANT SELECT, INSERT ON api.notes TO member;`,
      level: 'warning',
      object: 'api.notes',
      says: ['member', 'insert'],
    },
  ],
  [
    {
      title: 'a view that cannot be written',
      sql: `${products} CREATE VIEW api.prices AS SELECT max(cost) FROM private.products; GRANT ALL ON api.prices TO member;`,
    },
    {
      title: 'a view with CHECK OPTION',
      sql: `${privateNotes} CREATE VIEW api.notes WITH (security_barrier) AS SELECT * FROM private.notes WHERE user_id = ${SUB} WITH CHECK OPTION; GRANT ALL ON api.notes TO member;`,
    },
    {
      title: 'a view whose writes a trigger takes over',
      sql: `${products} CREATE VIEW api.products AS SELECT id FROM private.products; GRANT INSERT ON api.products TO member;
        CREATE FUNCTION private.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER nothing INSTEAD OF INSERT ON api.products FOR EACH ROW EXECUTE FUNCTION private.nothing();`,
    },
    {
      title: "a view with the caller's rights",
      sql: `${notes} GRANT INSERT ON api.notes TO member; CREATE VIEW api.list WITH (security_invoker) AS SELECT * FROM api.notes; GRANT ALL ON api.list TO member;`,
    },
  ],
);
