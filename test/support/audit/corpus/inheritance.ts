import { casesOn } from './case.ts';
import { asAnn, asAnonymous, claim, protect, SUB } from './snippets.ts';

const partitioned = `
  CREATE TABLE api.events (tenant_id text NOT NULL, id int NOT NULL, PRIMARY KEY (tenant_id, id)) PARTITION BY LIST (tenant_id);
  CREATE TABLE api.events_b PARTITION OF api.events FOR VALUES IN ('b'); INSERT INTO api.events VALUES ('b', 1);
  ${protect('api.events')} GRANT SELECT ON api.events TO member;
  CREATE POLICY tenant ON api.events FOR SELECT TO member USING (tenant_id = ${claim('tenant')});`;
const directly = (rows: 'some' | 'none' | 'fails') => asAnn(rows, 'SELECT FROM api.events_b', { tenant: 'a' });

const inherited = `
  CREATE TABLE api.items (id int, user_id text NOT NULL); CREATE TABLE api.archive () INHERITS (api.items);
  CREATE INDEX ON api.items (user_id); CREATE INDEX ON api.archive (user_id);
  INSERT INTO api.archive VALUES (1, 'bob'); ${protect('api.items')} GRANT SELECT ON api.items TO member;
  CREATE POLICY own ON api.items FOR SELECT TO member USING (user_id = ${SUB});`;

/** Partitions and children: policies are those of the table that a request names. */
export const inheritance = casesOn('postgrest', [
  {
    id: 'partition-by-its-own-name',
    title: 'a partition without row security is granted beside the partitioned table with policies',
    grade: 'open',
    rules: ['inherits', 'rls_disabled'],
    sql: `${partitioned} GRANT SELECT ON api.events_b TO member;`,
    shows: [asAnn('none', 'SELECT FROM api.events', { tenant: 'a' }), directly('some')],
  },
  {
    id: 'partition-without-grant',
    title: 'a partition without row security is reached through the partitioned table only',
    grade: 'closed',
    rules: ['inherits'],
    sql: partitioned,
    shows: [asAnn('none', 'SELECT FROM api.events', { tenant: 'a' }), directly('fails')],
  },
  {
    id: 'partition-with-the-same-policy',
    title: 'a partition is granted, and has the policy of the partitioned table',
    grade: 'fine',
    sql: `${partitioned} GRANT SELECT ON api.events_b TO member; ${protect('api.events_b')}
      CREATE POLICY tenant ON api.events_b FOR SELECT TO member USING (tenant_id = ${claim('tenant')});`,
    shows: [directly('none')],
  },
  {
    id: 'partition-with-row-security-alone',
    title: 'a partition is granted, has row security, and no policy',
    grade: 'closed',
    rules: ['no_policy', 'inherits'],
    sql: `${partitioned} GRANT SELECT ON api.events_b TO member; ${protect('api.events_b')}`,
    shows: [directly('none')],
  },
  {
    id: 'partition-elsewhere',
    title: 'the partitions are in a schema that nobody may use',
    grade: 'fine',
    sql: `${partitioned} ALTER TABLE api.events_b SET SCHEMA private;`,
    shows: [asAnn('none', 'SELECT FROM api.events', { tenant: 'a' })],
  },
  {
    id: 'child-by-its-own-name',
    title: 'a child table without row security is granted beside its parent with policies',
    grade: 'open',
    rules: ['inherits', 'rls_disabled'],
    sql: `${inherited} GRANT SELECT ON api.archive TO member;`,
    shows: [asAnn('none', 'SELECT FROM api.items'), asAnn('some', 'SELECT FROM api.archive')],
  },
  {
    id: 'child-without-grant',
    title: 'a child table without row security is reached through its parent only',
    grade: 'closed',
    rules: ['inherits'],
    sql: inherited,
    shows: [asAnn('none', 'SELECT FROM api.items'), asAnn('fails', 'SELECT FROM api.archive')],
  },
  {
    id: 'private-child-of-a-public-parent',
    title: 'rows of a child in a private schema are seen through its parent, which everybody reads',
    grade: 'open',
    rules: ['inherits'],
    sql: `CREATE TABLE api.products (id int, name text); CREATE TABLE private.unreleased (cost numeric) INHERITS (api.products);
      INSERT INTO private.unreleased VALUES (1, 'secret', 5); ${protect('api.products')} GRANT SELECT ON api.products TO anon;
      CREATE POLICY everybody ON api.products FOR SELECT TO anon USING (true);`,
    shows: [asAnonymous('some', `SELECT FROM api.products WHERE name = 'secret'`)],
  },
  {
    id: 'stricter-child-of-a-public-parent',
    title: 'a child has policies of own rows, and its parent shows all of them',
    grade: 'open',
    rules: ['inherits'],
    sql: `CREATE TABLE api.pages (id int, title text); CREATE TABLE api.drafts (user_id text NOT NULL) INHERITS (api.pages); CREATE INDEX ON api.drafts (user_id);
      INSERT INTO api.drafts VALUES (1, 'of bob', 'bob'); ${protect('api.pages')} ${protect('api.drafts')}
      GRANT SELECT ON api.pages TO anon, member; GRANT SELECT ON api.drafts TO member;
      CREATE POLICY everybody ON api.pages FOR SELECT TO anon, member USING (true);
      CREATE POLICY own ON api.drafts FOR SELECT TO member USING (user_id = ${SUB});`,
    shows: [asAnn('none', 'SELECT FROM api.drafts'), asAnn('some', `SELECT FROM api.pages WHERE title = 'of bob'`)],
  },
]);
