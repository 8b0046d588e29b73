import { casesOn } from './case.ts';
import { asAnn, asAnonymous, claim, protect, SUB } from './snippets.ts';

const accounts = (columns: string, rows: string) =>
  `CREATE TABLE api.accounts (user_id text PRIMARY KEY, ${columns}); INSERT INTO api.accounts VALUES ${rows}; ${protect('api.accounts')}`;

/** Customers of tenants, of which the e-mail address is to be unique. */
const customers = (unique: string) => `
  CREATE TABLE api.customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text NOT NULL, email text NOT NULL, ${unique});
  INSERT INTO api.customers (tenant_id, email) VALUES ('b', 'eve@example.com'); CREATE INDEX ON api.customers (tenant_id); ${protect('api.customers')}
  CREATE POLICY tenant ON api.customers TO member USING (tenant_id = ${claim('tenant')});`;
const addEve = (rows: 'some' | 'fails') =>
  asAnn(rows, `INSERT INTO api.customers (tenant_id, email) VALUES ('a', 'eve@example.com')`, { tenant: 'a' });

/** Columns: secrets, keys that reveal hidden rows. */
export const columns = casesOn('postgrest', [
  {
    id: 'password-hashes-for-anonymous',
    title: 'a public directory of accounts with the hashes of their passwords',
    grade: 'open',
    rules: ['sensitive_column', 'public_rows'],
    sql: `${accounts('name text, password_hash text', `('bob', 'Bob', 'hash')`)} GRANT SELECT ON api.accounts TO anon;
      CREATE POLICY everybody ON api.accounts FOR SELECT TO anon USING (true);`,
    shows: [asAnonymous('some', 'SELECT password_hash FROM api.accounts')],
  },
  {
    id: 'password-hashes-without-grant',
    title: 'a public directory of accounts, without the column of the hashes',
    grade: 'fine',
    rules: ['public_rows'],
    sql: `${accounts('name text, password_hash text', `('bob', 'Bob', 'hash')`)} GRANT SELECT (user_id, name) ON api.accounts TO anon;
      CREATE POLICY everybody ON api.accounts FOR SELECT TO anon USING (true);`,
    shows: [
      asAnonymous('fails', 'SELECT password_hash FROM api.accounts'),
      asAnonymous('some', 'SELECT name FROM api.accounts'),
    ],
  },
  {
    id: 'social-security-numbers-for-members',
    title: 'each member reads the social security numbers of all',
    grade: 'open',
    rules: ['sensitive_column', 'public_rows', 'unscoped_column'],
    sql: `${accounts('name text, ssn text', `('bob', 'Bob', '078-05-1120')`)} GRANT SELECT ON api.accounts TO member;
      CREATE POLICY everybody ON api.accounts FOR SELECT TO member USING (true);`,
    shows: [asAnn('some', `SELECT ssn FROM api.accounts WHERE user_id = 'bob'`)],
  },
  {
    id: 'token-column-granted-alone',
    title: 'anonymous is granted the column of invitation tokens',
    grade: 'open',
    rules: ['sensitive_column', 'public_rows'],
    sql: `CREATE TABLE api.invitations (id int PRIMARY KEY, token text NOT NULL, expires_at timestamptz); INSERT INTO api.invitations VALUES (1, 'secret', 'infinity');
      ${protect('api.invitations')} GRANT SELECT (id, token) ON api.invitations TO anon;
      CREATE POLICY valid ON api.invitations FOR SELECT TO anon USING (expires_at > now());`,
    shows: [asAnonymous('some', 'SELECT token FROM api.invitations')],
  },
  {
    id: 'own-api-token',
    title: 'each member reads their own API token',
    grade: 'closed',
    rules: ['sensitive_column'],
    sql: `${accounts('name text, api_token text', `('bob', 'Bob', 'token')`)} GRANT SELECT ON api.accounts TO member;
      CREATE POLICY own ON api.accounts FOR SELECT TO member USING (user_id = ${SUB});`,
    shows: [asAnn('none', 'SELECT api_token FROM api.accounts')],
  },
  {
    id: 'words-like-secrets',
    title: 'columns of a public catalogue whose names only sound like secrets',
    grade: 'fine',
    rules: ['public_rows'],
    sql: `CREATE TABLE api.models (id int PRIMARY KEY, token_count int, secretary text, password_rules text, tokenizer text); ${protect('api.models')}
      GRANT SELECT ON api.models TO anon; CREATE POLICY everybody ON api.models FOR SELECT TO anon USING (true);`,
  },
  {
    id: 'column-grant-undone',
    title: 'a column was revoked, and the grant on the table still gives it',
    grade: 'open',
    rules: ['column_grant_undone', 'sensitive_column'],
    sql: `${accounts('name text, salary int', `('bob', 'Bob', 1)`)} GRANT SELECT ON api.accounts TO member; GRANT SELECT (user_id, name) ON api.accounts TO member;
      REVOKE SELECT (salary) ON api.accounts FROM member; CREATE POLICY colleagues ON api.accounts FOR SELECT TO member USING (user_id <> '');`,
    shows: [asAnn('some', `SELECT salary FROM api.accounts WHERE user_id = 'bob'`)],
  },
  {
    id: 'table-grant-revoked',
    title: 'the grant on the table was revoked, and columns were granted after it',
    grade: 'fine',
    sql: `${accounts('name text, salary int', `('bob', 'Bob', 1)`)} GRANT SELECT ON api.accounts TO member; REVOKE SELECT ON api.accounts FROM member;
      GRANT SELECT (user_id, name) ON api.accounts TO member; CREATE POLICY own ON api.accounts FOR SELECT TO member USING (user_id = ${SUB});`,
    shows: [asAnn('fails', 'SELECT salary FROM api.accounts'), asAnn('none', `SELECT name FROM api.accounts`)],
  },
  {
    id: 'unique-across-tenants',
    title: 'an e-mail address is unique across tenants: an insert tells whether a hidden one exists',
    grade: 'open',
    rules: ['unique_reveals'],
    sql: `${customers('UNIQUE (email)')} GRANT SELECT, INSERT ON api.customers TO member;`,
    shows: [addEve('fails')],
  },
  {
    id: 'unique-within-the-tenant',
    title: 'an e-mail address is unique within its tenant',
    grade: 'fine',
    sql: `${customers('UNIQUE (tenant_id, email)')} GRANT SELECT, INSERT ON api.customers TO member;`,
    shows: [addEve('some')],
  },
  {
    id: 'unique-across-tenants-read-only',
    title: 'an e-mail address is unique across tenants, and no request writes',
    grade: 'closed',
    sql: `${customers('UNIQUE (email)')} GRANT SELECT ON api.customers TO member;`,
    shows: [addEve('fails')],
  },
  {
    id: 'unique-random-value',
    title: 'a random value is unique across tenants: nobody guesses one',
    grade: 'closed',
    rules: ['unique_reveals'],
    sql: `CREATE TABLE api.links (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text NOT NULL, slug uuid NOT NULL UNIQUE DEFAULT gen_random_uuid());
      CREATE INDEX ON api.links (tenant_id); ${protect('api.links')} GRANT SELECT, INSERT ON api.links TO member;
      CREATE POLICY tenant ON api.links TO member USING (tenant_id = ${claim('tenant')});`,
  },
  {
    id: 'unique-where-all-is-seen',
    title: 'a name is unique, and everybody sees all of them',
    grade: 'fine',
    rules: ['public_rows'],
    sql: `CREATE TABLE api.tags (name text PRIMARY KEY, label text UNIQUE, created_by text NOT NULL); CREATE INDEX ON api.tags (created_by); ${protect('api.tags')}
      GRANT SELECT, INSERT ON api.tags TO member; CREATE POLICY everybody ON api.tags FOR SELECT TO member USING (true);
      CREATE POLICY add ON api.tags FOR INSERT TO member WITH CHECK (created_by = ${SUB});`,
  },
  {
    id: 'reference-to-hidden-rows',
    title: 'a foreign key to rows that the member does not all see, by a number that means nothing',
    grade: 'closed',
    rules: ['reference_reveals'],
    sql: `CREATE TABLE api.projects (id int PRIMARY KEY, user_id text NOT NULL); INSERT INTO api.projects VALUES (1, 'bob'); CREATE INDEX ON api.projects (user_id);
      CREATE TABLE api.tasks (id int PRIMARY KEY, project_id int REFERENCES api.projects, user_id text NOT NULL); CREATE INDEX ON api.tasks (user_id); CREATE INDEX ON api.tasks (project_id);
      ${protect('api.projects')} ${protect('api.tasks')} GRANT SELECT, INSERT ON api.projects, api.tasks TO member;
      CREATE POLICY own ON api.projects TO member USING (user_id = ${SUB}); CREATE POLICY own ON api.tasks TO member USING (user_id = ${SUB});`,
    shows: [asAnn('none', 'SELECT FROM api.projects')],
  },
  {
    id: 'reference-that-the-policy-decides',
    title: 'a foreign key to the tenants, with the tenant of the claim',
    grade: 'fine',
    sql: `CREATE TABLE api.tenants (id text PRIMARY KEY); INSERT INTO api.tenants VALUES ('a'), ('b');
      CREATE TABLE api.tasks (id int PRIMARY KEY, tenant_id text NOT NULL REFERENCES api.tenants); CREATE INDEX ON api.tasks (tenant_id);
      ${protect('api.tenants')} ${protect('api.tasks')} GRANT SELECT ON api.tenants TO member; GRANT SELECT, INSERT ON api.tasks TO member;
      CREATE POLICY own ON api.tenants TO member USING (id = ${claim('tenant')}); CREATE POLICY own ON api.tasks TO member USING (tenant_id = ${claim('tenant')});`,
    shows: [asAnn('fails', `INSERT INTO api.tasks VALUES (1, 'b')`, { tenant: 'a' })],
  },
  {
    id: 'owner-may-be-null',
    title: 'the owner of a row may be null: nobody sees such a row',
    grade: 'closed',
    sql: `CREATE TABLE api.imports (id int PRIMARY KEY, user_id text); INSERT INTO api.imports VALUES (1, NULL); CREATE INDEX ON api.imports (user_id); ${protect('api.imports')}
      GRANT SELECT ON api.imports TO anon, member; CREATE POLICY own ON api.imports FOR SELECT TO anon, member USING (user_id = ${SUB});`,
    shows: [asAnonymous('none', 'SELECT FROM api.imports'), asAnn('none', 'SELECT FROM api.imports')],
  },
]);
