import { casesOn } from './case.ts';
import { asAnn, asAnonymous, claim, claimPerRow, notes, openNotes, ownNotes, protect, SUB } from './snippets.ts';

/** Own notes whose row security does not bind the owner. */
const unforced = `${openNotes} ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.notes TO member;
  CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${SUB});`;
const privateNotes = `CREATE TABLE private.notes (id int PRIMARY KEY, user_id text NOT NULL, body text);
  INSERT INTO private.notes VALUES (1, 'ann', 'of ann'), (2, 'bob', 'of bob'); CREATE INDEX ON private.notes (user_id);`;
const bobsIn = (view: string, rows: 'some' | 'none' | 'fails') =>
  asAnn(rows, `SELECT FROM ${view} WHERE user_id = 'bob'`);
/** The plan that a large table without a useful index gets. */
const readEachRow = 'SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off;';

/** Views, materialized views, foreign tables and rewrite rules. */
export const views = casesOn('postgrest', [
  {
    id: 'view-of-the-owner',
    title: "a view with its owner's rights over a table whose policies do not bind the owner",
    grade: 'open',
    rules: ['view_bypasses_policies'],
    sql: `${unforced} CREATE VIEW api.list AS SELECT * FROM api.notes; GRANT SELECT ON api.list TO member;`,
    shows: [bobsIn('api.notes', 'none'), bobsIn('api.list', 'some')],
  },
  {
    id: 'view-of-a-superuser',
    title: "a view with a superuser's rights over a table with forced row security",
    grade: 'open',
    rules: ['view_bypasses_policies'],
    sql: `${ownNotes} RESET ROLE; CREATE VIEW api.list AS SELECT * FROM api.notes; GRANT SELECT ON api.list TO member;`,
    shows: [bobsIn('api.list', 'some')],
  },
  {
    id: 'view-of-a-bound-owner',
    title: "a view with its owner's rights, and forced row security gives the owner nothing",
    grade: 'closed',
    rules: ['view_bypasses_policies'],
    sql: `${ownNotes} CREATE VIEW api.list AS SELECT * FROM api.notes; GRANT SELECT ON api.list TO member;`,
    shows: [bobsIn('api.list', 'none')],
  },
  {
    id: 'view-of-a-bound-owner-with-own-rows',
    title: "a view with its owner's rights, and forced policies keep the owner to the rows of the claim",
    grade: 'fine',
    sql: `${notes} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes FOR SELECT TO member, owner USING (user_id = ${SUB});
      CREATE VIEW api.list WITH (security_barrier) AS SELECT * FROM api.notes; GRANT SELECT ON api.list TO member;`,
    shows: [bobsIn('api.list', 'none'), asAnn('some', 'SELECT FROM api.list')],
  },
  {
    id: 'view-of-the-caller',
    title: "a view with the caller's rights",
    grade: 'fine',
    sql: `${ownNotes} CREATE VIEW api.list WITH (security_invoker) AS SELECT * FROM api.notes; GRANT SELECT ON api.list TO member;`,
    shows: [bobsIn('api.list', 'none')],
  },
  {
    id: 'view-of-the-owner-without-grant',
    title: "a view with its owner's rights that no role of requests may read",
    grade: 'closed',
    rules: ['view_bypasses_policies'],
    sql: `${ownNotes} RESET ROLE; CREATE VIEW api.list AS SELECT * FROM api.notes;`,
    shows: [bobsIn('api.list', 'fails')],
  },
  {
    id: 'view-of-the-owner-elsewhere',
    title: "a view with its owner's rights in a schema that nobody may use",
    grade: 'closed',
    rules: ['view_bypasses_policies'],
    sql: `${ownNotes} RESET ROLE; CREATE VIEW private.list AS SELECT * FROM api.notes; GRANT SELECT ON private.list TO member;`,
    shows: [bobsIn('private.list', 'fails')],
  },
  {
    id: 'chain-of-views',
    title: "a view with the caller's rights over one with its owner's, in a schema that is not exposed",
    grade: 'open',
    rules: ['view_chain', 'view_bypasses_policies'],
    sql: `${ownNotes} RESET ROLE; CREATE SCHEMA data; GRANT USAGE ON SCHEMA data TO member; CREATE VIEW data.everything AS SELECT * FROM api.notes;
      CREATE VIEW api.list WITH (security_invoker) AS SELECT * FROM data.everything; GRANT SELECT ON data.everything, api.list TO member;`,
    shows: [bobsIn('api.list', 'some')],
  },
  {
    id: 'chain-of-callers',
    title: "a view with the caller's rights over another such view",
    grade: 'fine',
    sql: `${ownNotes} CREATE VIEW api.everything WITH (security_invoker) AS SELECT * FROM api.notes;
      CREATE VIEW api.list WITH (security_invoker) AS SELECT * FROM api.everything; GRANT SELECT ON api.everything, api.list TO member;`,
    shows: [bobsIn('api.list', 'none')],
  },
  {
    id: 'chain-ends-at-the-grant',
    title: "a view with the caller's rights over one with its owner's that the caller may not read",
    grade: 'closed',
    rules: ['view_chain', 'view_bypasses_policies'],
    sql: `${ownNotes} RESET ROLE; CREATE VIEW private.everything AS SELECT * FROM api.notes;
      CREATE VIEW api.list WITH (security_invoker) AS SELECT * FROM private.everything; GRANT SELECT ON api.list TO member;`,
    shows: [bobsIn('api.list', 'fails')],
  },
  {
    id: 'view-over-a-private-table-of-users',
    title: 'a view shows each member the rows of all users of a private table',
    grade: 'open',
    rules: ['view_bypasses_policies', 'public_rows', 'unscoped_column'],
    sql: `${privateNotes} CREATE VIEW api.notes AS SELECT * FROM private.notes; GRANT SELECT ON api.notes TO member;`,
    shows: [bobsIn('api.notes', 'some')],
  },
  {
    id: 'view-over-a-private-catalogue',
    title: 'a view shows some columns of a private catalogue, as PostgREST recommends',
    grade: 'fine',
    sql: `CREATE TABLE private.products (id int PRIMARY KEY, name text, cost numeric); INSERT INTO private.products VALUES (1, 'chair', 5);
      CREATE VIEW api.products AS SELECT id, name FROM private.products; GRANT SELECT ON api.products TO anon;`,
    shows: [asAnonymous('some', 'SELECT FROM api.products'), asAnonymous('fails', 'SELECT FROM private.products')],
  },
  {
    id: 'view-with-barrier',
    title: 'a view keeps to own rows of a private table, behind a barrier',
    grade: 'fine',
    sql: `${privateNotes} CREATE VIEW api.notes WITH (security_barrier) AS SELECT * FROM private.notes WHERE user_id = ${SUB}; GRANT SELECT ON api.notes TO member;`,
    shows: [bobsIn('api.notes', 'none'), asAnn('none', `SELECT FROM api.notes WHERE body LIKE E'of bo\\\\'`)],
  },
  {
    id: 'view-without-barrier',
    title: 'a view keeps to own rows of a private table, and a filter that fails reveals others',
    grade: 'open',
    rules: ['view_without_barrier', 'view_bypasses_policies'],
    sql: `${privateNotes} CREATE VIEW api.notes AS SELECT * FROM private.notes WHERE user_id = ${claimPerRow('sub')}; GRANT SELECT ON api.notes TO member;`,
    shows: [
      asAnn('fails', `${readEachRow} SELECT FROM api.notes WHERE body LIKE E'of bo\\\\'`),
      asAnn('none', `${readEachRow} SELECT FROM api.notes WHERE body LIKE E'of ev\\\\'`),
    ],
  },
  {
    id: 'view-written-through',
    title: "a catalogue is written through a view with its owner's rights",
    grade: 'open',
    rules: ['view_writable', 'view_bypasses_policies'],
    sql: `CREATE TABLE private.products (id int PRIMARY KEY, name text, price numeric); INSERT INTO private.products VALUES (1, 'chair', 5);
      CREATE VIEW api.products AS SELECT id, name, price FROM private.products; GRANT ALL ON api.products TO member; GRANT SELECT ON api.products TO anon;`,
    shows: [asAnn('some', 'UPDATE api.products SET price = 0')],
  },
  {
    id: 'view-that-cannot-be-written',
    title: 'everything is granted on a view of sums, which cannot be written',
    grade: 'closed',
    rules: ['view_writable'],
    sql: `CREATE TABLE private.products (id int PRIMARY KEY, kind text, price numeric); CREATE VIEW api.prices AS SELECT kind, max(price) AS price FROM private.products GROUP BY kind;
      GRANT ALL ON api.prices TO member;`,
    shows: [asAnn('fails', 'UPDATE api.prices SET price = 0')],
  },
  {
    id: 'view-without-check-option',
    title: 'own rows are seen through a view, and rows of others written through it',
    grade: 'open',
    rules: ['view_writable', 'check_wider', 'view_bypasses_policies'],
    sql: `${privateNotes} CREATE VIEW api.notes WITH (security_barrier) AS SELECT * FROM private.notes WHERE user_id = ${SUB};
      GRANT SELECT, INSERT, UPDATE ON api.notes TO member;`,
    shows: [bobsIn('api.notes', 'none'), asAnn('some', `INSERT INTO api.notes VALUES (3, 'bob', 'forged')`)],
  },
  {
    id: 'view-with-check-option',
    title: 'own rows are seen and written through a view with CHECK OPTION',
    grade: 'fine',
    rules: ['view_writable'],
    sql: `${privateNotes} CREATE VIEW api.notes WITH (security_barrier) AS SELECT * FROM private.notes WHERE user_id = ${SUB} WITH CASCADED CHECK OPTION;
      GRANT SELECT, INSERT, UPDATE, DELETE ON api.notes TO member;`,
    shows: [
      asAnn('fails', `INSERT INTO api.notes VALUES (3, 'bob', 'forged')`),
      asAnn('none', `DELETE FROM api.notes WHERE user_id = 'bob'`),
    ],
  },
  {
    id: 'view-of-password-hashes',
    title: "a view with a superuser's rights over the logins of the cluster",
    grade: 'open',
    rules: ['view_bypasses_policies', 'sensitive_column'],
    sql: `RESET ROLE; CREATE VIEW api.logins AS SELECT rolname, rolpassword FROM pg_catalog.pg_authid; GRANT SELECT ON api.logins TO member;`,
    shows: [asAnn('fails', 'SELECT FROM pg_catalog.pg_authid'), asAnn('some', 'SELECT FROM api.logins')],
  },
  {
    id: 'view-of-the-catalog',
    title: 'a view over a catalog that every role may read',
    grade: 'fine',
    sql: `CREATE VIEW api.time_zones AS SELECT name, utc_offset FROM pg_catalog.pg_timezone_names; GRANT SELECT ON api.time_zones TO anon;`,
  },
  {
    id: 'view-calls-a-definer',
    title: "a view with the caller's rights calls a function with its owner's",
    grade: 'open',
    rules: ['definer_trusts_caller', 'view_chain', 'view_bypasses_policies'],
    sql: `${ownNotes} RESET ROLE; CREATE FUNCTION private.all_notes() RETURNS SETOF api.notes LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM api.notes';
      GRANT EXECUTE ON FUNCTION private.all_notes TO member;
      CREATE VIEW api.list WITH (security_invoker) AS SELECT * FROM private.all_notes(); GRANT SELECT ON api.list TO member; GRANT USAGE ON SCHEMA private TO member;`,
    shows: [bobsIn('api.list', 'some')],
  },
  {
    id: 'materialized-rows',
    title: 'a materialized view holds the rows of a table with policies',
    grade: 'open',
    rules: ['materialized_view'],
    sql: `${ownNotes} RESET ROLE; CREATE MATERIALIZED VIEW api.list AS SELECT * FROM api.notes; GRANT SELECT ON api.list TO member;`,
    shows: [bobsIn('api.list', 'some')],
  },
  {
    id: 'materialized-private-rows',
    title: 'a materialized view holds the rows of all users of a private table',
    grade: 'open',
    rules: ['materialized_view', 'public_rows'],
    sql: `${privateNotes} CREATE MATERIALIZED VIEW api.list AS SELECT * FROM private.notes; GRANT SELECT ON api.list TO anon;`,
    shows: [asAnonymous('some', 'SELECT FROM api.list')],
  },
  {
    id: 'materialized-rows-without-grant',
    title: 'a materialized view of a table with policies that no role of requests may read',
    grade: 'closed',
    rules: ['materialized_view'],
    sql: `${ownNotes} RESET ROLE; CREATE MATERIALIZED VIEW api.list AS SELECT * FROM api.notes;`,
    shows: [bobsIn('api.list', 'fails')],
  },
  {
    id: 'materialized-behind-a-view',
    title: 'a materialized view in a private schema, and a view in front of it that keeps to own rows',
    grade: 'fine',
    sql: `${ownNotes} RESET ROLE; CREATE MATERIALIZED VIEW private.list AS SELECT * FROM api.notes; CREATE INDEX ON private.list (user_id);
      CREATE VIEW api.list WITH (security_barrier) AS SELECT * FROM private.list WHERE user_id = ${SUB}; GRANT SELECT ON api.list TO member;`,
    shows: [bobsIn('api.list', 'none'), asAnn('some', 'SELECT FROM api.list')],
  },
  {
    id: 'materialized-catalogue',
    title: 'a materialized view of a catalogue that everybody reads anyway',
    grade: 'fine',
    sql: `CREATE TABLE api.products (id int PRIMARY KEY, kind text); ${protect('api.products')} GRANT SELECT ON api.products TO anon;
      CREATE POLICY everybody ON api.products FOR SELECT TO anon, owner USING (true);
      CREATE MATERIALIZED VIEW api.kinds AS SELECT kind, count(*) FROM api.products GROUP BY kind; GRANT SELECT ON api.kinds TO anon;`,
  },
  {
    id: 'foreign-table',
    title: 'a foreign table, which can have no policies, is granted to anonymous',
    grade: 'open',
    rules: ['foreign_table'],
    sql: `RESET ROLE; CREATE EXTENSION file_fdw SCHEMA private; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
      CREATE FOREIGN TABLE api.versions (line text) SERVER files OPTIONS (filename 'PG_VERSION'); GRANT SELECT ON api.versions TO anon;`,
    shows: [asAnonymous('some', 'SELECT FROM api.versions')],
  },
  {
    id: 'foreign-table-without-grant',
    title: 'a foreign table that no role of requests may read',
    grade: 'closed',
    rules: ['foreign_table'],
    sql: `RESET ROLE; CREATE EXTENSION file_fdw SCHEMA private; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
      CREATE FOREIGN TABLE api.versions (line text) SERVER files OPTIONS (filename 'PG_VERSION');`,
    shows: [asAnonymous('fails', 'SELECT FROM api.versions')],
  },
  {
    id: 'rule-writes-elsewhere',
    title: "a rewrite rule writes a private table with its owner's rights",
    grade: 'open',
    rules: ['rewrite_rule'],
    sql: `CREATE TABLE private.balances (user_id text PRIMARY KEY, amount int); INSERT INTO private.balances VALUES ('bob', 1);
      CREATE VIEW api.transfers WITH (security_invoker) AS SELECT ''::text AS user_id, 0 AS amount; GRANT SELECT, INSERT ON api.transfers TO member;
      CREATE RULE transfer AS ON INSERT TO api.transfers DO INSTEAD UPDATE private.balances SET amount = NEW.amount WHERE user_id = NEW.user_id;`,
    shows: [
      asAnn(
        'some',
        `INSERT INTO api.transfers VALUES ('bob', 0); RESET ROLE; RESET SESSION AUTHORIZATION; SELECT FROM private.balances WHERE amount = 0`,
      ),
    ],
  },
  {
    id: 'rule-does-nothing',
    title: 'a rewrite rule turns inserts into nothing',
    grade: 'closed',
    rules: ['rewrite_rule'],
    sql: `${ownNotes} CREATE RULE no_insert AS ON INSERT TO api.notes DO INSTEAD NOTHING;`,
    shows: [asAnn('none', `INSERT INTO api.notes VALUES (3, 'bob', 'forged')`)],
  },
  {
    id: 'view-of-tenants-by-a-claim-of-another-kind',
    title: 'a view behind a barrier keeps to the tenant, and one of its branches to nothing',
    grade: 'open',
    rules: ['view_bypasses_policies', 'anonymous_passes', 'tautology'],
    sql: `${privateNotes} CREATE VIEW api.notes WITH (security_barrier) AS
        SELECT * FROM private.notes WHERE user_id = ${SUB} UNION ALL SELECT * FROM private.notes WHERE ${claim('preview')} IS NULL;
      GRANT SELECT ON api.notes TO member;`,
    shows: [bobsIn('api.notes', 'some')],
  },
]);
