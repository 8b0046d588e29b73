import { casesOn } from './case.ts';
import { asAnn, asAnonymous, claim, notes, ownNotes, protect, SUB } from './snippets.ts';

const catalogue = `
  CREATE TABLE api.countries (code text PRIMARY KEY, name text NOT NULL);
  INSERT INTO api.countries VALUES ('ch', 'Switzerland');
  ${protect('api.countries')} GRANT SELECT ON api.countries TO anon, member;`;

const invoices = `
  CREATE TABLE api.invoices (id int PRIMARY KEY, tenant_id text NOT NULL, status text NOT NULL, amount numeric);
  INSERT INTO api.invoices VALUES (1, 'a', 'active', 10), (2, 'b', 'active', 20);
  CREATE INDEX ON api.invoices (tenant_id); CREATE INDEX ON api.invoices (status); ${protect('api.invoices')} GRANT SELECT ON api.invoices TO member;`;

const otherTenant = (rows: 'some' | 'none') =>
  asAnn(rows, `SELECT FROM api.invoices WHERE tenant_id = 'b'`, { tenant: 'a' });

/** Policies that are true for every row, openly or in disguise. */
export const truePolicies = casesOn('postgrest', [
  {
    id: 'moderators-delete-all',
    title: 'a role that may delete every row of a table of which members see their own',
    grade: 'fine',
    rules: ['always_true', 'public_rows'],
    sql: `RESET ROLE; CREATE ROLE moderator; GRANT moderator TO authenticator; ALTER ROLE moderator SET statement_timeout = '3s'; SET ROLE owner; GRANT USAGE ON SCHEMA api TO moderator;
      ${ownNotes} GRANT SELECT, DELETE ON api.notes TO moderator;
      CREATE POLICY all_read ON api.notes FOR SELECT TO moderator USING (true); CREATE POLICY all_delete ON api.notes FOR DELETE TO moderator USING (true);`,
    undo: 'DROP ROLE moderator',
    shows: [asAnn('none', `DELETE FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'anonymous-updates-all',
    title: 'anonymous may update every row',
    grade: 'open',
    rules: ['always_true'],
    sql: `${catalogue} GRANT UPDATE ON api.countries TO anon; CREATE POLICY see ON api.countries FOR SELECT USING (true);
      CREATE POLICY edit ON api.countries FOR UPDATE TO anon USING (true);`,
    shows: [asAnonymous('some', `UPDATE api.countries SET name = 'x' WHERE code = 'ch'`)],
  },
  {
    id: 'members-delete-all',
    title: 'each member may delete the rows of others',
    grade: 'open',
    rules: ['always_true', 'unscoped_column'],
    sql: `${notes} GRANT SELECT, DELETE ON api.notes TO member;
      CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${SUB});
      CREATE POLICY remove ON api.notes FOR DELETE TO member USING (true);`,
    shows: [asAnn('some', 'DELETE FROM api.notes', { sub: 'eve' })],
  },
  {
    id: 'members-insert-as-others',
    title: 'each member may insert rows in the name of others',
    grade: 'open',
    rules: ['always_true', 'check_wider', 'unscoped_column'],
    sql: `${notes} GRANT SELECT, INSERT ON api.notes TO member;
      CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${SUB});
      CREATE POLICY add ON api.notes FOR INSERT TO member WITH CHECK (true);`,
    shows: [asAnn('some', `INSERT INTO api.notes VALUES (3, 'bob', 'forged')`)],
  },
  {
    id: 'all-for-members',
    title: 'one policy for all commands that is true for every row',
    grade: 'open',
    rules: ['always_true', 'public_rows', 'unscoped_column'],
    sql: `${notes} GRANT SELECT, INSERT, UPDATE, DELETE ON api.notes TO member; CREATE POLICY everything ON api.notes TO member USING (true);`,
    shows: [asAnn('some', `UPDATE api.notes SET body = '' WHERE user_id = 'bob'`)],
  },
  {
    id: 'update-true-with-narrow-check',
    title: 'an update takes over the rows of others: every row may be updated into an own one',
    grade: 'open',
    rules: ['always_true', 'check_wider', 'unscoped_column'],
    sql: `${notes} GRANT SELECT, UPDATE ON api.notes TO member;
      CREATE POLICY see ON api.notes FOR SELECT TO member USING (user_id = ${SUB});
      CREATE POLICY take ON api.notes FOR UPDATE TO member USING (true) WITH CHECK (user_id = ${SUB});`,
    shows: [asAnn('some', `UPDATE api.notes SET user_id = 'eve'`, { sub: 'eve' })],
  },
  {
    id: 'write-policy-true-without-the-grant',
    title: 'a policy lets everybody write, and the role is granted SELECT only',
    grade: 'closed',
    rules: ['always_true', 'dead_policy'],
    sql: `${catalogue} CREATE POLICY everything ON api.countries TO member USING (true);`,
    shows: [asAnn('fails', `UPDATE api.countries SET name = 'x'`)],
  },
  {
    id: 'true-below-a-restrictive-policy',
    title: 'a policy that is true for every row beside a restrictive one that keeps to own rows',
    grade: 'closed',
    rules: ['always_true'],
    sql: `${notes} GRANT SELECT, INSERT, UPDATE, DELETE ON api.notes TO member;
      CREATE POLICY everything ON api.notes TO member USING (true);
      CREATE POLICY own ON api.notes AS RESTRICTIVE TO member USING (user_id = ${SUB});`,
    shows: [
      asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`),
      asAnn('fails', `INSERT INTO api.notes VALUES (3, 'bob', 'forged')`),
    ],
  },
  {
    id: 'restrictive-policy-for-another-role',
    title: 'the restrictive policy is for anonymous, and the one that is true for members',
    grade: 'open',
    rules: ['public_rows', 'always_true', 'unscoped_column'],
    sql: `${notes} GRANT SELECT ON api.notes TO member;
      CREATE POLICY everything ON api.notes FOR SELECT TO member USING (true);
      CREATE POLICY own ON api.notes AS RESTRICTIVE TO anon USING (user_id = ${SUB});`,
    shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'true-for-a-backend-role',
    title: 'a policy that is true for every row, for a role that requests cannot become',
    grade: 'fine',
    sql: `${ownNotes} RESET ROLE; CREATE ROLE backend; GRANT USAGE ON SCHEMA api TO backend;
      GRANT SELECT, UPDATE ON api.notes TO backend; CREATE POLICY backend ON api.notes TO backend USING (true);`,
    undo: 'DROP ROLE backend',
    shows: [asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'public-catalogue',
    title: 'a catalogue that everybody reads and no request writes',
    grade: 'fine',
    rules: ['public_rows'],
    sql: `${catalogue} CREATE POLICY everybody ON api.countries FOR SELECT TO anon, member USING (true);`,
    shows: [asAnonymous('some', 'SELECT FROM api.countries'), asAnonymous('fails', 'DELETE FROM api.countries')],
  },
  {
    id: 'anonymous-reads-rows-of-users',
    title: 'anonymous reads the notes of all users',
    grade: 'open',
    rules: ['public_rows', 'unscoped_column'],
    sql: `${notes} GRANT SELECT ON api.notes TO anon; CREATE POLICY see ON api.notes FOR SELECT TO anon USING (true);`,
    shows: [asAnonymous('some', 'SELECT FROM api.notes')],
  },
  {
    id: 'members-read-rows-of-all-tenants',
    title: 'members of one tenant read the invoices of all',
    grade: 'open',
    rules: ['public_rows', 'unscoped_column'],
    sql: `${invoices} CREATE POLICY see ON api.invoices FOR SELECT TO member USING (true);`,
    shows: [otherTenant('some')],
  },
  {
    id: 'directory-by-columns',
    title: 'a public directory: all rows of some columns, by grants on columns',
    grade: 'fine',
    rules: ['public_rows'],
    sql: `CREATE TABLE api.profiles (user_id text PRIMARY KEY, display_name text, phone text);
      INSERT INTO api.profiles VALUES ('bob', 'Bob', '555'); ${protect('api.profiles')}
      GRANT SELECT (user_id, display_name) ON api.profiles TO anon;
      CREATE POLICY everybody ON api.profiles FOR SELECT TO anon USING (true);`,
    shows: [
      asAnonymous('some', 'SELECT display_name FROM api.profiles'),
      asAnonymous('fails', 'SELECT phone FROM api.profiles'),
    ],
  },
  {
    id: 'articles-of-authors',
    title: 'everybody reads what is published, authors read and write their own',
    grade: 'fine',
    rules: ['several_permissive'],
    sql: `CREATE TABLE api.articles (id int PRIMARY KEY, author_id text NOT NULL, published boolean NOT NULL DEFAULT false, body text);
      INSERT INTO api.articles VALUES (1, 'bob', true, 'out'), (2, 'bob', false, 'draft');
      CREATE INDEX ON api.articles (author_id); CREATE INDEX ON api.articles (published); ${protect('api.articles')}
      GRANT SELECT ON api.articles TO anon; GRANT SELECT, INSERT, UPDATE, DELETE ON api.articles TO member;
      CREATE POLICY published ON api.articles FOR SELECT TO anon, member USING (published);
      CREATE POLICY own ON api.articles TO member USING (author_id = ${SUB});`,
    shows: [
      asAnonymous('none', 'SELECT FROM api.articles WHERE NOT published'),
      asAnn('none', `UPDATE api.articles SET body = '' WHERE author_id = 'bob'`),
    ],
  },
  {
    id: 'one-equals-one',
    title: 'a policy that is true because one equals one',
    grade: 'open',
    rules: ['tautology', 'always_true', 'public_rows', 'unscoped_column'],
    sql: `${notes} GRANT SELECT, UPDATE ON api.notes TO member; CREATE POLICY everything ON api.notes TO member USING (1 = 1);`,
    shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'or-true',
    title: 'OR true, left over from a test, inside a longer condition',
    grade: 'open',
    rules: ['tautology', 'always_true', 'public_rows', 'anonymous_passes'],
    sql: `${notes} GRANT SELECT ON api.notes TO member;
      CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB} AND body IS NOT NULL OR true);`,
    shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'and-true',
    title: 'AND true, left over from a test, inside a longer condition',
    grade: 'closed',
    rules: ['tautology'],
    sql: `${notes} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes TO member USING (true AND user_id = ${SUB});`,
    shows: [asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'column-equals-itself',
    title: 'a sub-select compares its own column with itself, because both tables name it alike',
    grade: 'open',
    rules: ['tautology', 'unscoped_column'],
    sql: `CREATE TABLE api.shares (note_id int, user_id text, PRIMARY KEY (user_id, note_id)); INSERT INTO api.shares VALUES (1, 'ann');
      CREATE TABLE api.pages (page_id int PRIMARY KEY, note_id int NOT NULL, body text); INSERT INTO api.pages VALUES (1, 1, 'shared'), (2, 2, 'not shared');
      CREATE INDEX ON api.pages (note_id); ${protect('api.shares')} ${protect('api.pages')} GRANT SELECT ON api.shares, api.pages TO member;
      CREATE POLICY own ON api.shares FOR SELECT TO member USING (user_id = ${SUB});
      CREATE POLICY shared ON api.pages FOR SELECT TO member
        USING (EXISTS (SELECT FROM api.shares AS s WHERE s.note_id = note_id AND s.user_id = ${SUB}));`,
    shows: [asAnn('some', 'SELECT FROM api.pages WHERE page_id = 2')],
  },
  {
    id: 'column-equals-the-outer-one',
    title: 'a sub-select names the table of the outer column, so that only shared pages come',
    grade: 'fine',
    sql: `CREATE TABLE api.shares (note_id int, user_id text, PRIMARY KEY (user_id, note_id)); INSERT INTO api.shares VALUES (1, 'ann');
      CREATE TABLE api.pages (page_id int PRIMARY KEY, note_id int NOT NULL, body text); INSERT INTO api.pages VALUES (1, 1, 'shared'), (2, 2, 'not shared');
      CREATE INDEX ON api.pages (note_id); ${protect('api.shares')} ${protect('api.pages')} GRANT SELECT ON api.shares, api.pages TO member;
      CREATE POLICY own ON api.shares FOR SELECT TO member USING (user_id = ${SUB});
      CREATE POLICY shared ON api.pages FOR SELECT TO member
        USING (EXISTS (SELECT FROM api.shares AS s WHERE s.note_id = pages.note_id AND s.user_id = ${SUB}));`,
    shows: [
      asAnn('some', 'SELECT FROM api.pages WHERE page_id = 1'),
      asAnn('none', 'SELECT FROM api.pages WHERE page_id = 2'),
    ],
  },
  {
    id: 'not-null-column-is-not-null',
    title: 'a policy asks only whether a column has a value, which it always has',
    grade: 'open',
    rules: ['tautology', 'always_true', 'unscoped_column', 'public_rows'],
    sql: `${notes} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id IS NOT NULL);`,
    shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'two-permissive-meant-as-and',
    title: 'the tenant and the status are two permissive policies: either is enough',
    grade: 'open',
    rules: ['condition_undone', 'unscoped_column', 'several_permissive'],
    sql: `${invoices} CREATE POLICY tenant ON api.invoices FOR SELECT TO member USING (tenant_id = ${claim('tenant')});
      CREATE POLICY active ON api.invoices FOR SELECT TO member USING (status = 'active');`,
    shows: [otherTenant('some')],
  },
  {
    id: 'restrictive-meant-as-and',
    title: 'the tenant is a permissive policy and the status a restrictive one',
    grade: 'fine',
    sql: `${invoices} CREATE POLICY tenant ON api.invoices FOR SELECT TO member USING (tenant_id = ${claim('tenant')});
      CREATE POLICY active ON api.invoices AS RESTRICTIVE FOR SELECT TO member USING (status = 'active');`,
    shows: [otherTenant('none')],
  },
  {
    id: 'true-undoes-own',
    title: 'a policy of own rows beside one that is true for every row',
    grade: 'open',
    rules: ['condition_undone', 'public_rows', 'unscoped_column'],
    sql: `${notes} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${SUB});
      CREATE POLICY debug ON api.notes FOR SELECT TO member USING (true);`,
    shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'true-for-a-command-without-grant',
    title: 'own rows are read, and the policy that is true is for a command that nobody is granted',
    grade: 'closed',
    rules: ['condition_undone', 'always_true', 'dead_policy'],
    sql: `${notes} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${SUB});
      CREATE POLICY edit ON api.notes FOR UPDATE TO member USING (true);`,
    shows: [
      asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`),
      asAnn('fails', `UPDATE api.notes SET body = ''`),
    ],
  },
  {
    id: 'restrictive-true',
    title: 'a restrictive policy that is true keeps nothing away, and the permissive one keeps to own rows',
    grade: 'closed',
    rules: ['tautology', 'dead_policy'],
    sql: `${notes} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${SUB});
      CREATE POLICY floor ON api.notes AS RESTRICTIVE TO member USING (true);`,
    shows: [asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'for-everybody-with-a-claim',
    title: 'a policy for all roles whose condition needs a claim',
    grade: 'fine',
    sql: `${notes} GRANT SELECT ON api.notes TO anon, member; CREATE POLICY own ON api.notes FOR SELECT USING (user_id = ${SUB});`,
    shows: [asAnonymous('none', 'SELECT FROM api.notes'), asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
  {
    id: 'feedback-form',
    title: 'anonymous sends bounded feedback, and reads nothing',
    grade: 'fine',
    sql: `CREATE TABLE api.feedback (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message text NOT NULL);
      ${protect('api.feedback')} GRANT INSERT (message) ON api.feedback TO anon;
      CREATE POLICY send ON api.feedback FOR INSERT TO anon WITH CHECK (length(message) <= 1000);`,
    shows: [
      asAnonymous('fails', 'SELECT FROM api.feedback'),
      asAnonymous('some', `INSERT INTO api.feedback (message) VALUES ('hello')`),
    ],
  },
  {
    id: 'two-policies-alike',
    title: 'the same policy twice',
    grade: 'closed',
    rules: ['duplicate_policy', 'several_permissive'],
    sql: `${notes} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${SUB});
      CREATE POLICY own_again ON api.notes FOR SELECT TO member USING (user_id = ${SUB});`,
    shows: [asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
  },
]);
