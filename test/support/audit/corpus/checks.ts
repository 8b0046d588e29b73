import { casesOn } from './case.ts';
import { asAnn, claim, notes, protect, SUB } from './snippets.ts';

const readOwn = `CREATE POLICY read ON api.notes FOR SELECT TO member USING (user_id = ${SUB});`;
/** What PostgREST makes of PATCH without a filter and without an answer: it needs no SELECT, so no policy for SELECT binds. */
const giveAway = `WITH body AS (SELECT 'bob' AS user_id) UPDATE api.notes SET user_id = body.user_id FROM body RETURNING 1`;
const insertForBob = `INSERT INTO api.notes VALUES (3, 'bob', 'forged')`;

/** What rows may become: WITH CHECK beside USING. */
export const checks = casesOn('postgrest', [
  {
    id: 'check-true-beside-own',
    title: 'own rows are read, and rows of any user are written',
    grade: 'open',
    rules: ['check_wider', 'always_true'],
    sql: `${notes} GRANT SELECT, INSERT, UPDATE, DELETE ON api.notes TO member;
      CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB}) WITH CHECK (true);`,
    shows: [asAnn('some', insertForBob), asAnn('some', giveAway)],
  },
  {
    id: 'check-of-another-column',
    title: 'the check asks for the status only, so that the owner can be changed',
    grade: 'open',
    rules: ['check_wider'],
    sql: `${notes} GRANT SELECT, UPDATE ON api.notes TO member; ${readOwn}
      CREATE POLICY edit ON api.notes FOR UPDATE TO member USING (user_id = ${SUB}) WITH CHECK (body <> '');`,
    shows: [asAnn('some', giveAway)],
  },
  {
    id: 'check-of-another-policy',
    title: 'the check of a policy for administrators also serves rows that another policy gives',
    grade: 'open',
    rules: ['check_wider', 'always_true'],
    sql: `${notes} GRANT SELECT, UPDATE ON api.notes TO member; ${readOwn}
      CREATE POLICY edit ON api.notes FOR UPDATE TO member USING (user_id = ${SUB}) WITH CHECK (user_id = ${SUB});
      CREATE POLICY administer ON api.notes FOR UPDATE TO member USING (${claim('is_admin')} = 'true') WITH CHECK (true);`,
    shows: [asAnn('some', giveAway)],
  },
  {
    id: 'check-without-the-tenant',
    title: 'rows are read by tenant, and inserted into any tenant',
    grade: 'open',
    rules: ['check_wider', 'unscoped_column'],
    sql: `CREATE TABLE api.docs (id int PRIMARY KEY, tenant_id text NOT NULL, user_id text NOT NULL); CREATE INDEX ON api.docs (tenant_id); CREATE INDEX ON api.docs (user_id);
      ${protect('api.docs')} GRANT SELECT, INSERT ON api.docs TO member;
      CREATE POLICY read ON api.docs FOR SELECT TO member USING (tenant_id = ${claim('tenant')});
      CREATE POLICY add ON api.docs FOR INSERT TO member WITH CHECK (user_id = ${SUB});`,
    shows: [asAnn('some', `INSERT INTO api.docs VALUES (1, 'b', 'ann')`, { tenant: 'a' })],
  },
  {
    id: 'no-check-takes-using',
    title: 'a policy for UPDATE without WITH CHECK checks by USING',
    grade: 'fine',
    sql: `${notes} GRANT SELECT, UPDATE ON api.notes TO member; ${readOwn}
      CREATE POLICY edit ON api.notes FOR UPDATE TO member USING (user_id = ${SUB});`,
    shows: [asAnn('fails', giveAway)],
  },
  {
    id: 'check-true-without-the-column',
    title: 'the check is true, and the owner is no column that may be updated',
    grade: 'closed',
    rules: ['check_wider', 'always_true'],
    sql: `${notes} GRANT SELECT, UPDATE (body) ON api.notes TO member; ${readOwn}
      CREATE POLICY edit ON api.notes FOR UPDATE TO member USING (user_id = ${SUB}) WITH CHECK (true);`,
    shows: [asAnn('fails', giveAway), asAnn('none', `UPDATE api.notes SET body = '' WHERE user_id = 'bob'`)],
  },
  {
    id: 'owner-by-default-without-the-column',
    title: 'the owner of a new row is a default, and no column that may be inserted',
    grade: 'closed',
    rules: ['check_wider', 'always_true'],
    sql: `${notes} ALTER TABLE api.notes ALTER user_id SET DEFAULT nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub';
      GRANT SELECT, INSERT (id, body) ON api.notes TO member; ${readOwn} CREATE POLICY add ON api.notes FOR INSERT TO member WITH CHECK (true);`,
    shows: [asAnn('fails', insertForBob), asAnn('some', `INSERT INTO api.notes (id, body) VALUES (3, 'own')`)],
  },
  {
    id: 'owner-by-trigger',
    title: 'a trigger writes the owner of each new row, whatever the request says',
    grade: 'closed',
    rules: ['check_wider', 'always_true'],
    sql: `${notes} CREATE FUNCTION private.set_owner() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$ BEGIN
        NEW.user_id := nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub'; RETURN NEW; END $$;
      GRANT EXECUTE ON FUNCTION private.set_owner TO member;
      CREATE TRIGGER set_owner BEFORE INSERT ON api.notes FOR EACH ROW EXECUTE FUNCTION private.set_owner();
      GRANT SELECT, INSERT ON api.notes TO member; ${readOwn} CREATE POLICY add ON api.notes FOR INSERT TO member WITH CHECK (true);`,
    shows: [asAnn('some', `${insertForBob}; SELECT FROM api.notes WHERE id = 3 AND user_id = 'ann'`)],
  },
  {
    id: 'check-true-below-a-restrictive-check',
    title: 'the check is true, and a restrictive policy checks the owner',
    grade: 'closed',
    rules: ['check_wider', 'always_true'],
    sql: `${notes} GRANT SELECT, INSERT, UPDATE ON api.notes TO member;
      CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB}) WITH CHECK (true);
      CREATE POLICY keep ON api.notes AS RESTRICTIVE TO member USING (true) WITH CHECK (user_id = ${SUB});`,
    shows: [asAnn('fails', insertForBob), asAnn('fails', giveAway)],
  },
  {
    id: 'check-narrower-than-using',
    title: 'the tenant is read, and own rows are written',
    grade: 'fine',
    sql: `CREATE TABLE api.docs (id int PRIMARY KEY, tenant_id text NOT NULL, user_id text NOT NULL); INSERT INTO api.docs VALUES (1, 'a', 'bob'), (2, 'b', 'eve');
      CREATE INDEX ON api.docs (tenant_id); CREATE INDEX ON api.docs (user_id);
      ${protect('api.docs')} GRANT SELECT, INSERT, UPDATE ON api.docs TO member;
      CREATE POLICY read ON api.docs FOR SELECT TO member USING (tenant_id = ${claim('tenant')});
      CREATE POLICY add ON api.docs FOR INSERT TO member WITH CHECK (tenant_id = ${claim('tenant')} AND user_id = ${SUB});
      CREATE POLICY edit ON api.docs FOR UPDATE TO member USING (tenant_id = ${claim('tenant')} AND user_id = ${SUB});`,
    shows: [
      asAnn('none', `UPDATE api.docs SET id = 9 WHERE user_id = 'bob'`, { tenant: 'a' }),
      asAnn('fails', `INSERT INTO api.docs VALUES (3, 'b', 'ann')`, { tenant: 'a' }),
    ],
  },
  {
    id: 'shared-within-the-tenant',
    title: 'rows belong to the tenant; who made one is only noted',
    grade: 'fine',
    sql: `CREATE TABLE api.tasks (id int PRIMARY KEY, tenant_id text NOT NULL, created_by text); INSERT INTO api.tasks VALUES (1, 'a', 'bob'), (2, 'b', 'eve');
      CREATE INDEX ON api.tasks (tenant_id); ${protect('api.tasks')} GRANT SELECT, INSERT, UPDATE, DELETE ON api.tasks TO member;
      CREATE POLICY tenant ON api.tasks TO member USING (tenant_id = ${claim('tenant')}) WITH CHECK (tenant_id = ${claim('tenant')});`,
    shows: [asAnn('none', `DELETE FROM api.tasks WHERE tenant_id = 'b'`, { tenant: 'a' })],
  },
  {
    id: 'update-without-select',
    title: 'a policy for UPDATE, and none for SELECT: nothing is updated',
    grade: 'closed',
    rules: ['update_without_select'],
    sql: `${notes} GRANT SELECT, UPDATE ON api.notes TO member; CREATE POLICY edit ON api.notes FOR UPDATE TO member USING (user_id = ${SUB});`,
    shows: [asAnn('none', `UPDATE api.notes SET body = '' WHERE id = 1`)],
  },
  {
    id: 'read-only-by-policy',
    title: 'writes are granted, and policies are for SELECT only',
    grade: 'closed',
    sql: `${notes} GRANT SELECT, INSERT, UPDATE, DELETE ON api.notes TO member; ${readOwn}`,
    shows: [asAnn('fails', insertForBob), asAnn('none', `DELETE FROM api.notes`)],
  },
]);
