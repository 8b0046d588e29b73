import fc from 'fast-check';
import type { SqlSource } from '../../../declaration/index.ts';
import { NAME, VARIANTS, type Variant } from './tenants.ts';

const [anon, user] = [`${NAME}_anon`, `${NAME}_user`];
const P = `${NAME}_private`;
const TABLES = ['items', 'notes', 'members', 'docs', 'posts', 'logs', 'staff'];
const each = (list: readonly string[], sql: (name: string) => string) => list.map(sql);

/** Statements that change who reaches what, each for itself. */
const OPENING: readonly string[] = [
  // Policies.
  'DROP POLICY IF EXISTS items_tenant ON items',
  'ALTER POLICY items_tenant ON items USING (true)',
  'DROP POLICY items_tenant ON items; ALTER TABLE items ALTER COLUMN tenant TYPE bigint',
  `DROP POLICY items_tenant ON items; CREATE POLICY items_tenant ON items AS PERMISSIVE FOR ALL TO ${user} USING (true)`,
  'DROP POLICY IF EXISTS items_all ON items',
  `ALTER POLICY posts_public ON posts TO PUBLIC; DROP POLICY posts_public ON posts`,
  'ALTER POLICY members_own ON members USING (true)',
  'ALTER POLICY logs_own ON logs USING (tenant > 0)',
  ...each(TABLES, (name) => `CREATE POLICY any_row ON ${name} USING (true)`),
  `CREATE POLICY any_row ON docs TO ${user} USING (true); DROP POLICY docs_members ON docs`,
  // Row security.
  ...each(TABLES, (name) => `ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`),
  ...each(['members', 'items'], (name) => `ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`),
  // Grants.
  ...each(
    ['items', 'drafts', 'docs', 'logs_1', 'logs_old', 'item_list'],
    (name) => `GRANT SELECT ON ${name} TO PUBLIC`,
  ),
  ...each(['items', 'posts', 'staff'], (name) => `GRANT ALL ON ${name} TO ${anon}, ${user}`),
  `GRANT SELECT (secret) ON items TO ${user}`,
  `GRANT UPDATE ON docs TO ${user} WITH GRANT OPTION`,
  `GRANT SELECT ON ALL TABLES IN SCHEMA api TO ${anon}; CREATE POLICY for_all ON posts TO ${anon} USING (true)`,
  `GRANT ALL ON SCHEMA api TO PUBLIC`,
  `GRANT EXECUTE ON FUNCTION titles() TO ${anon}`,
  `GRANT USAGE ON SCHEMA hidden TO ${user}; GRANT SELECT ON hidden.vault TO ${user}`,
  `CREATE SCHEMA other; GRANT USAGE ON SCHEMA other TO ${anon}; CREATE TABLE other.words (id int, w text); INSERT INTO other.words VALUES (80, '#other'); GRANT SELECT ON other.words TO ${anon}`,
  "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC; CREATE TABLE fresh (id int, word text); INSERT INTO fresh VALUES (81, '#fresh')",
  // Functions, and what is called by functions.
  'ALTER FUNCTION word() SECURITY DEFINER',
  'ALTER FUNCTION titles() SECURITY DEFINER',
  `CREATE OR REPLACE FUNCTION titles() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT word FROM hidden.vault'`,
  `CREATE OR REPLACE FUNCTION titles() RETURNS SETOF text LANGUAGE sql AS $$ SELECT '#title of nobody' $$`,
  `CREATE OR REPLACE FUNCTION may_see(t int) RETURNS boolean LANGUAGE sql AS 'SELECT true'`,
  `CREATE OR REPLACE FUNCTION is_open(t int) RETURNS boolean LANGUAGE sql AS 'SELECT true'`,
  `CREATE FUNCTION is_open(t bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'; ALTER FUNCTION is_open(int) RENAME TO was_open`,
  `ALTER FUNCTION may_see(int) SECURITY DEFINER`,
  `CREATE FUNCTION leak() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT word FROM hidden.vault'; GRANT EXECUTE ON FUNCTION leak() TO PUBLIC`,
  `CREATE OR REPLACE FUNCTION ${P}.pre_request() RETURNS void LANGUAGE plpgsql AS 'BEGIN END'`,
  `CREATE OR REPLACE FUNCTION ${P}.token_is_revoked() RETURNS boolean LANGUAGE sql AS 'SELECT false'`,
  `CREATE OR REPLACE FUNCTION ${P}.claim(VARIADIC path text[]) RETURNS text LANGUAGE sql AS $$ SELECT '1' $$`,
  `CREATE OR REPLACE FUNCTION ${P}.revoke_subject(subject text) RETURNS void LANGUAGE sql AS ''`,
  // Views.
  'CREATE OR REPLACE VIEW item_list WITH (security_invoker = true) AS SELECT id, tenant, coalesce(secret, title) AS title FROM items',
  'CREATE OR REPLACE VIEW item_list AS SELECT 80 + row_number() OVER ()::int AS id, 1 AS tenant, word AS title FROM hidden.vault',
  'ALTER VIEW item_list RESET (security_invoker)',
  'CREATE MATERIALIZED VIEW all_items AS SELECT * FROM items; GRANT SELECT ON all_items TO PUBLIC',
  // Other tables behind a table.
  'ALTER TABLE logs ATTACH PARTITION logs_old FOR VALUES IN (64, 65)',
  `ALTER TABLE logs DETACH PARTITION logs_1; GRANT SELECT ON logs_1 TO ${user}`,
  `CREATE TABLE logs_3 PARTITION OF logs FOR VALUES IN (66); INSERT INTO logs VALUES (66, 1, '#log 66')`,
  'ALTER TABLE drafts INHERIT posts',
  // Triggers and rules.
  'ALTER TABLE staff DISABLE TRIGGER USER',
  `DO $$ DECLARE t record; BEGIN FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'api.staff'::regclass AND NOT tgisinternal LOOP EXECUTE format('DROP TRIGGER %I ON api.staff', t.tgname); END LOOP; END $$`,
  `CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN NEW.body = (SELECT word FROM hidden.vault); RETURN NEW; END $$;
   CREATE TRIGGER stamp BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION stamp()`,
  `CREATE RULE instead AS ON INSERT TO posts DO ALSO UPDATE items SET title = '#taken'`,
  // Columns and names.
  `ALTER TABLE notes ADD COLUMN pin text DEFAULT '#pin'`,
  `ALTER TABLE items ADD COLUMN pin text DEFAULT '#pin'; UPDATE items SET pin = '#pin ' || id`,
  'ALTER TABLE items RENAME COLUMN title TO old_title; ALTER TABLE items RENAME COLUMN secret TO title',
  'ALTER TABLE members RENAME COLUMN tenant TO was; ALTER TABLE members ADD COLUMN tenant int DEFAULT 1',
  'ALTER TABLE staff RENAME TO staff_old; CREATE TABLE staff (LIKE staff_old INCLUDING ALL)',
  `DROP TABLE notes CASCADE; CREATE TABLE notes (id int PRIMARY KEY, tenant int, body text); INSERT INTO notes VALUES (25, 1, '#new note'); GRANT SELECT ON notes TO ${user}`,
  `ALTER TABLE items RENAME TO items_old; CREATE VIEW items AS SELECT * FROM items_old; GRANT SELECT ON items TO ${user}`,
  `ALTER TABLE drafts RENAME TO members_2; ALTER TABLE members RENAME TO drafts; ALTER TABLE members_2 ADD COLUMN tenant int DEFAULT 2; ALTER TABLE members_2 RENAME TO members`,
  'DROP TABLE docs CASCADE; ALTER TABLE drafts RENAME TO docs',
];

/** What migrations do as a rule, and what changes data: who reaches the rows is what it was. */
const PLAIN: readonly string[] = [
  'SELECT 1',
  'CREATE INDEX ON items (grp)',
  'CREATE TABLE later (id int, word text)',
  `ALTER TABLE items ADD CONSTRAINT longer CHECK (length(title) > 1) NOT VALID`,
  'ALTER TABLE items VALIDATE CONSTRAINT longer',
  `COMMENT ON TABLE items IS 'sold'`,
];

/** Also run alone, on a database of before, to see what is reached of the new data by the access of before. */
export const DATA: readonly string[] = [
  `INSERT INTO items VALUES (16, 1, 9, '#item 16', '#secret 16'), (17, 2, 9, '#item 17', '#secret 17')`,
  'UPDATE items SET tenant = 1 WHERE id = 11',
  'INSERT INTO members VALUES (32, 1, 42)',
  `UPDATE posts SET published = true`,
  `INSERT INTO notes VALUES (26, 2, '#note 26')`,
];

const FAILING: readonly string[] = ['SELECT 1 / (id - id) FROM items', 'CREATE TABLE items ()', 'SELECT nowhere'];

const OUTSIDE: readonly string[] = [
  'CREATE INDEX CONCURRENTLY items_title ON items (title)',
  'CREATE UNIQUE INDEX CONCURRENTLY items_grp ON items (grp)',
  'CREATE UNIQUE INDEX CONCURRENTLY ON items (grp)',
  'DROP INDEX CONCURRENTLY IF EXISTS items_title',
  'REINDEX TABLE CONCURRENTLY items',
  'VACUUM items',
  'ALTER TABLE logs DETACH PARTITION logs_2 CONCURRENTLY',
];

/** How a run ends before its end: at one of its messages, by a session that is ended or a process that is gone. */
export interface Interruption {
  readonly at: number;
  readonly how: 'terminated' | 'gone';
}

export interface Sequence {
  readonly variant: Variant;
  /** Files that are committed early or at the end, one of them at least outside of a transaction. */
  readonly migrations: readonly SqlSource[];
  /** Of the deploys, one after another; then one with what has been corrected. */
  readonly interruptions: readonly (Interruption | undefined)[];
}

const statements = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...OPENING) },
      { weight: 2, arbitrary: fc.constantFrom(...PLAIN) },
      { weight: 1, arbitrary: fc.constantFrom(...DATA) },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((all) => all.join(';\n'));
const interruption = fc.record({
  at: fc.integer({ min: 4, max: 70 }),
  how: fc.constantFrom('terminated' as const, 'gone' as const),
});

/** Any order of such files. */
export const sequences: fc.Arbitrary<Sequence> = fc
  .record({
    variant: fc.constantFrom('the same' as const, ...VARIANTS),
    before: fc.array(statements, { minLength: 1, maxLength: 2 }),
    outside: fc.constantFrom(...OUTSIDE),
    after: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: statements },
        { weight: 1, arbitrary: fc.constantFrom(...OUTSIDE) },
        { weight: 2, arbitrary: fc.constantFrom(...FAILING) },
      ),
      { maxLength: 3 },
    ),
    interruptions: fc.array(fc.option(interruption, { freq: 2, nil: undefined }), { minLength: 1, maxLength: 2 }),
  })
  .map(({ variant, before, outside, after, interruptions }) => ({
    variant,
    interruptions,
    migrations: [...before, outside, ...after].map((sql, n) => ({ file: `00${n + 2}.sql`, sql })),
  }));

/** Takes back what no declaration allows. */
const REPAIR = `
  DROP FUNCTION IF EXISTS leak();
  DROP TRIGGER IF EXISTS stamp ON posts;
  DROP RULE IF EXISTS instead ON posts;
  DROP MATERIALIZED VIEW IF EXISTS all_items;
  DROP SCHEMA IF EXISTS other CASCADE;
  REVOKE ALL ON SCHEMA hidden FROM ${user};
  REVOKE ALL ON hidden.vault FROM ${user};
  ALTER FUNCTION word() SECURITY INVOKER;
  ALTER FUNCTION titles() SECURITY INVOKER;
  ALTER FUNCTION may_see(int) SECURITY INVOKER;
  ALTER VIEW IF EXISTS item_list SET (security_invoker = true)`;

/** Without what can never run, and with what the audit asks for. */
export function corrected(migrations: readonly SqlSource[]): SqlSource[] {
  const runnable = migrations.map(({ file, sql }) => ({ file, sql: FAILING.includes(sql) ? 'SELECT 1' : sql }));
  return [...runnable, { file: '999.sql', sql: REPAIR }];
}
