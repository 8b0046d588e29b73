import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../access/why/caller.ts';
import { explainRequest } from '../../../access/why/explain-request.ts';
import type { Explanation, Stage } from '../../../access/why/explanation.ts';
import { parseRequest } from '../../../access/why/request/api-request.ts';
import { sqlFile } from '../../../declaration/index.ts';
import projects from '../../../examples/projects/declaration.ts';
import todos from '../../../examples/todos/declaration.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { connectionOf } from '../../support/connection-of.ts';

/** A request of a role with claims; without a role, one without a token. */
interface Ask {
  readonly example: 'todos' | 'projects';
  readonly role?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly request: string;
  readonly data?: unknown;
  /** Value of the header Prefer. */
  readonly prefer?: string;
}

/** A cause of a rejection or of hidden rows, and the change that removes it. */
interface Cause extends Ask {
  /** SQL that makes the cause. @default the example has it */
  readonly setup?: string;
  readonly result: Explanation['result'];
  readonly stage: Stage;
  /** Words of the step that decided. */
  readonly words: RegExp;
  /** `fix`: run the SQL of the fix. Else SQL, or what the request is instead. */
  readonly change: 'fix' | { readonly sql: string } | Partial<Ask>;
}

const ACME = '00000000-0000-0000-0000-000000000001';
const BOLT = '00000000-0000-0000-0000-000000000002';
const ada = { role: 'projects_member', claims: { tenant_id: ACME, user_id: 1 } };
const ben = { role: 'projects_member', claims: { tenant_id: ACME, user_id: 2 } };
const mia = { role: 'projects_manager', claims: { tenant_id: ACME, user_id: 3 } };
const ann = { role: 'todos_user', claims: { user_id: 1 } };
const inTodos = { example: 'todos' } as const;
const inProjects = { example: 'projects' } as const;

const causes: Readonly<Record<string, Cause>> = {
  'a column without a grant that is selected': {
    ...inTodos,
    request: 'GET /todos?select=user_id&id=eq.2',
    result: 'refused',
    stage: 'grants',
    words: /todos_anon may select only id, title, done of api\.todos, not user_id/,
    change: 'fix',
  },
  'a request without select, where some columns have no grant': {
    ...inTodos,
    request: 'GET /todos?id=eq.2',
    result: 'refused',
    stage: 'grants',
    words: /not user_id, public, and a request without `select` asks for every column/,
    change: 'fix',
  },
  'a column without a grant that is filtered by': {
    ...inTodos,
    request: 'GET /todos?select=id&public=is.true',
    result: 'refused',
    stage: 'grants',
    words: /not public, and the request filters by public/,
    change: 'fix',
  },
  'a column without a grant that is ordered by': {
    ...inTodos,
    request: 'GET /todos?select=id&order=user_id.desc&id=eq.2',
    result: 'refused',
    stage: 'grants',
    words: /not user_id/,
    change: 'fix',
  },
  'a column without a grant that is inserted': {
    ...inTodos,
    ...ann,
    request: 'POST /todos',
    data: { title: 'x', user_id: 1 },
    result: 'refused',
    stage: 'grants',
    words: /todos_user may insert only title, done, public of api\.todos, not user_id/,
    change: 'fix',
  },
  'a column without a grant that is updated': {
    ...inTodos,
    ...ann,
    request: 'PATCH /todos?id=eq.1',
    data: { user_id: 1 },
    result: 'refused',
    stage: 'grants',
    words: /todos_user may update only title, done, public of api\.todos, not user_id/,
    change: 'fix',
  },
  'a command without a grant': {
    ...inProjects,
    ...mia,
    request: 'PATCH /invoices?id=eq.00000000-0000-0000-0000-000000000110',
    data: { paid: true },
    setup: `CREATE POLICY writes ON api.invoices FOR UPDATE TO projects_manager USING (true)`,
    result: 'refused',
    stage: 'grants',
    words: /projects_manager has no grant to update api\.invoices/,
    change: 'fix',
  },
  'a schema without USAGE': {
    ...inTodos,
    ...ann,
    request: 'GET /todos?id=eq.1',
    setup: 'REVOKE USAGE ON SCHEMA api FROM todos_user',
    result: 'refused',
    stage: 'schema',
    words: /todos_user has no USAGE on schema api/,
    change: 'fix',
  },
  'a sequence without a grant that a default draws from': {
    ...inProjects,
    ...ada,
    request: 'POST /tasks',
    data: { project_id: 1, title: 'x' },
    setup: 'REVOKE ALL ON SEQUENCE api.tasks_id_seq FROM projects_member',
    result: 'refused',
    stage: 'grants',
    words: /no USAGE on sequence api\.tasks_id_seq, which a default of api\.tasks uses/,
    change: 'fix',
  },
  'a function of a policy without EXECUTE': {
    ...inTodos,
    ...ann,
    request: 'GET /todos?id=eq.1',
    setup: `CREATE FUNCTION api.open_now() RETURNS boolean LANGUAGE sql AS 'SELECT true';
      REVOKE ALL ON FUNCTION api.open_now() FROM PUBLIC;
      CREATE POLICY hours ON api.todos AS RESTRICTIVE TO todos_user USING (api.open_now())`,
    result: 'refused',
    stage: 'grants',
    words: /no EXECUTE on function api\.open_now, which policy "hours" of api\.todos uses/,
    change: 'fix',
  },
  'a table that a policy looks up without a grant': {
    ...inTodos,
    ...ann,
    request: 'GET /todos?id=eq.1',
    setup: `CREATE TABLE api.bans (user_id int);
      CREATE POLICY not_banned ON api.todos AS RESTRICTIVE TO todos_user
        USING (NOT EXISTS (SELECT FROM api.bans WHERE bans.user_id = todos.user_id))`,
    result: 'refused',
    stage: 'grants',
    words: /no SELECT on table api\.bans, which policy "not_banned" of api\.todos uses/,
    change: 'fix',
  },
  'a function without EXECUTE': {
    ...inProjects,
    ...ada,
    request: 'POST /rpc/team_size',
    data: { project_id: 1 },
    setup: 'REVOKE EXECUTE ON FUNCTION api.team_size(int) FROM projects_member',
    result: 'refused',
    stage: 'grants',
    words: /projects_member has no EXECUTE on function api\.team_size/,
    change: 'fix',
  },
  'a table that does not exist': {
    ...inTodos,
    ...ann,
    request: 'GET /todo?id=eq.1',
    result: 'refused',
    stage: 'address',
    words: /schema api has no table or view "todo" \(did you mean "todos"\?\)/,
    change: { request: 'GET /todos?id=eq.1' },
  },
  'a column that does not exist': {
    ...inTodos,
    ...ann,
    request: 'GET /todos?name=eq.x',
    result: 'refused',
    stage: 'address',
    words: /api\.todos has no column "name"/,
    change: { request: 'GET /todos?title=eq.buy%20milk' },
  },
  'a function that is not declared': {
    ...inTodos,
    ...ann,
    request: 'POST /rpc/publish',
    data: {},
    setup: `CREATE FUNCTION api.publish() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    result: 'refused',
    stage: 'grants',
    words: /function publish is not declared, so no role may call it/,
    change: { request: 'POST /todos', data: { title: 'x' } },
  },
  'a token of another issuer': {
    ...inProjects,
    role: 'projects_member',
    claims: { ...ada.claims, iss: 'https://elsewhere.example' },
    request: 'GET /tasks?id=eq.1',
    result: 'refused',
    stage: 'pre-request check',
    words: /the token is not valid here: the token is from another issuer/,
    change: ada,
  },
  'a role that does not exist': {
    ...inTodos,
    role: 'todos_admin',
    claims: {},
    request: 'GET /todos',
    result: 'refused',
    stage: 'role',
    words: /the role todos_admin does not exist/,
    change: { ...ann, request: 'GET /todos?id=eq.1' },
  },
  'a policy that compares another claim': {
    ...inTodos,
    role: 'todos_user',
    claims: { user_id: 2 },
    request: 'GET /todos?id=eq.1',
    result: 'nothing',
    stage: 'policies',
    words: /user_id = claim user_id: the row has user_id 1, the token 2/,
    change: ann,
  },
  'a token without the claim of a policy': {
    ...inTodos,
    role: 'todos_user',
    claims: {},
    request: 'GET /todos?id=eq.1',
    result: 'nothing',
    stage: 'policies',
    words: /the row has user_id 1, the token has no claim user_id/,
    change: ann,
  },
  'a row that is not public': {
    ...inTodos,
    request: 'GET /todos?select=id&id=eq.1',
    result: 'nothing',
    stage: 'policies',
    words: /public = true: the row has public false/,
    change: { sql: 'UPDATE api.todos SET public = true WHERE id = 1' },
  },
  'a row that does not exist': {
    ...inTodos,
    ...ann,
    request: 'GET /todos?id=eq.9',
    result: 'nothing',
    stage: 'rows',
    words: /no row of api\.todos has what the request asks for/,
    change: { request: 'GET /todos?id=eq.1' },
  },
  'a restrictive policy of a tenant': {
    ...inProjects,
    role: 'projects_manager',
    claims: { tenant_id: BOLT, user_id: 5 },
    request: 'GET /projects?id=eq.1',
    result: 'nothing',
    stage: 'policies',
    words:
      /restrictive policy "within_tenant" must be true, and is not \(tenant_id = claim tenant_id: the row has tenant_id 0{8}-.*1, the token 0{8}-.*2\)/,
    change: mia,
  },
  'a membership that is missing': {
    ...inProjects,
    ...ada,
    request: 'GET /tasks?id=eq.3',
    result: 'nothing',
    stage: 'policies',
    words: /of api\.project_members: the row has project_id 2, the lookup found \{1\}/,
    change: { sql: `INSERT INTO api.project_members VALUES ('${ACME}', 2, 1, 'viewer')` },
  },
  'a membership of another kind, for an update': {
    ...inProjects,
    ...ben,
    request: 'PATCH /tasks?id=eq.1',
    data: { done: true },
    result: 'nothing',
    stage: 'policies',
    words:
      /exists and is not changed: the only policy that lets projects_member update .* the row has project_id 1, the lookup found \{2\}/,
    change: { sql: `UPDATE api.project_members SET role = 'editor' WHERE project_id = 1 AND user_id = 2` },
  },
  'a membership of another kind, for a delete': {
    ...inProjects,
    ...ben,
    request: 'DELETE /tasks?id=eq.3',
    setup: 'DELETE FROM api.time_entries WHERE task_id = 3',
    result: 'nothing',
    stage: 'policies',
    words: /exists and is not deleted: the only policy that lets projects_member delete/,
    change: { sql: `UPDATE api.project_members SET role = 'lead' WHERE project_id = 2 AND user_id = 2` },
  },
  'a row that is inserted for another user': {
    ...inTodos,
    ...ann,
    request: 'POST /todos',
    data: { title: 'x', user_id: 2 },
    setup: 'GRANT INSERT (user_id) ON api.todos TO todos_user',
    result: 'refused',
    stage: 'policies',
    words:
      /lets todos_user insert such rows into api\.todos, .*user_id = claim user_id: the row has user_id 2, the token 1/,
    change: { data: { title: 'x', user_id: 1 } },
  },
  'a row that is updated to another user': {
    ...inTodos,
    ...ann,
    request: 'PATCH /todos?id=eq.1',
    data: { user_id: 2 },
    setup: 'GRANT UPDATE (user_id) ON api.todos TO todos_user',
    result: 'refused',
    stage: 'policies',
    words: /user_id = claim user_id: the row has user_id 2, the token 1/,
    change: { data: { user_id: 1 } },
  },
  'a time that is over': {
    ...inProjects,
    ...ada,
    request: 'GET /announcements?title=like.summer*',
    result: 'nothing',
    stage: 'policies',
    words: /now\(\) < ends_at: the row has ends_at 2020-07-01/,
    change: { sql: `UPDATE api.announcements SET ends_at = NULL WHERE title LIKE 'summer%'` },
  },
  'a table without a policy for the command': {
    ...inTodos,
    ...ann,
    request: 'DELETE /todos?id=eq.1',
    setup: 'DROP POLICY own_rows_delete_todos_user ON api.todos',
    result: 'nothing',
    stage: 'policies',
    words: /no policy lets todos_user delete rows of api\.todos/,
    change: { sql: 'CREATE POLICY own ON api.todos FOR DELETE TO todos_user USING (user_id = 1)' },
  },
  'a lookup that sees less than it should': {
    ...inTodos,
    ...ann,
    request: 'GET /todos?id=eq.1',
    setup: `CREATE TABLE api.friends (user_id int); INSERT INTO api.friends VALUES (1);
      ALTER TABLE api.friends ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.friends TO todos_user;
      CREATE POLICY of_friends ON api.todos AS RESTRICTIVE TO todos_user
        USING (EXISTS (SELECT FROM api.friends WHERE friends.user_id = todos.user_id))`,
    result: 'nothing',
    stage: 'policies',
    words: /the row has user_id 1; it is true with the rights of the connected role/,
    change: { sql: 'CREATE POLICY everyone ON api.friends FOR SELECT TO todos_user USING (true)' },
  },
  'a row behind a view': {
    ...inProjects,
    ...ada,
    request: 'GET /project_progress?project_id=eq.2',
    result: 'nothing',
    stage: 'policies',
    words: /the row of api\.projects exists and is not shown: .*the row has id 2, the lookup found \{1\}/,
    change: { sql: `INSERT INTO api.project_members VALUES ('${ACME}', 2, 1, 'viewer')` },
  },
  'a check constraint': {
    ...inTodos,
    ...ann,
    request: 'POST /todos',
    data: { title: '' },
    result: 'refused',
    stage: 'constraint',
    words: /the check constraint "todos_title_check" of api\.todos rejects it/,
    change: { data: { title: 'x' } },
  },
  'a value that must not be null': {
    ...inTodos,
    ...ann,
    request: 'POST /todos',
    data: { done: true },
    result: 'refused',
    stage: 'constraint',
    words: /the NOT NULL constraint "title" of api\.todos rejects it/,
    change: { data: { title: 'x', done: true } },
  },
  'a unique constraint': {
    ...inProjects,
    ...mia,
    request: 'POST /projects',
    data: { slug: 'website', name: 'x' },
    result: 'refused',
    stage: 'constraint',
    words: /the unique constraint "projects_tenant_id_slug_key" of api\.projects rejects it/,
    change: { data: { slug: 'other', name: 'x' } },
  },
  'a foreign key': {
    ...inProjects,
    ...ada,
    request: 'PATCH /tasks?id=eq.1',
    data: { assignee_id: 4 },
    result: 'refused',
    stage: 'constraint',
    words: /the foreign key constraint "tasks_tenant_id_assignee_id_fkey" of api\.tasks rejects it/,
    change: { data: { assignee_id: 2 } },
  },
  'a trigger that raises': {
    ...inTodos,
    ...ann,
    request: 'POST /todos',
    data: { title: 'forbidden' },
    setup: `CREATE FUNCTION api.polite() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.title = 'forbidden' THEN RAISE 'not that word'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER polite BEFORE INSERT ON api.todos FOR EACH ROW EXECUTE FUNCTION api.polite()`,
    result: 'refused',
    stage: 'trigger',
    words: /trigger "polite" of api\.todos rejects it: not that word, at line 2 of its body/,
    change: { data: { title: 'allowed' } },
  },
  'a function that raises': {
    ...inProjects,
    ...ada,
    request: 'POST /rpc/complete_task',
    data: { id: 3 },
    result: 'refused',
    stage: 'function',
    words: /function api\.complete_task raises it: there is no such task for you to complete/,
    change: { data: { id: 1 } },
  },
  'a value of another type': {
    ...inTodos,
    ...ann,
    request: 'GET /todos?id=eq.one',
    result: 'refused',
    stage: 'values',
    words: /a value does not fit: invalid input syntax for type integer: "one"/,
    change: { request: 'GET /todos?id=eq.1' },
  },
  'a claim of another type': {
    ...inTodos,
    role: 'todos_user',
    claims: { user_id: 'ann' },
    request: 'GET /todos?id=eq.1',
    result: 'nothing',
    stage: 'policies',
    words: /claim user_id of the token, "ann", counts as NULL: it is of another type/,
    change: ann,
  },
  'a statement that takes too long': {
    ...inProjects,
    role: 'projects_member',
    claims: ada.claims,
    request: 'GET /tasks?id=eq.1',
    setup: `CREATE POLICY slow ON api.tasks AS RESTRICTIVE TO projects_member USING (pg_sleep(4) IS NOT NULL)`,
    result: 'refused',
    stage: 'timeout',
    words: /longer than statement_timeout.* of projects_member allows/,
    change: { sql: 'DROP POLICY slow ON api.tasks' },
  },
  'policies that read each other without end': {
    ...inTodos,
    ...ann,
    request: 'GET /todos?id=eq.1',
    setup: `CREATE POLICY circle ON api.todos AS RESTRICTIVE TO todos_user
      USING (EXISTS (SELECT FROM api.todos AS t WHERE t.id = todos.id))`,
    result: 'refused',
    stage: 'policies',
    words: /infinite recursion detected in policy for relation "todos"/,
    change: { sql: 'DROP POLICY circle ON api.todos' },
  },
};

/** Causes in embedded resources. */
const embeddedCauses: Readonly<Record<string, Cause>> = {
  'an embedded table without a grant': {
    ...inProjects,
    ...ada,
    request: 'GET /tasks?id=eq.1&select=id,comments(body)',
    setup: 'REVOKE ALL ON api.comments FROM projects_member',
    result: 'refused',
    stage: 'grants',
    words: /no grant to select api\.comments, and the request embeds it as comments/,
    change: 'fix',
  },
  'a column of an embedded table without a grant': {
    ...inProjects,
    ...ada,
    request: 'GET /tasks?id=eq.1&select=id,who:users(name,email)',
    result: 'refused',
    stage: 'grants',
    words: /may select only id, tenant_id, name of api\.users, not email, and the request embeds it as who/,
    change: 'fix',
  },
  'a column by which an embedded table is filtered': {
    ...inProjects,
    ...ada,
    request: 'GET /tasks?id=eq.1&select=id,users(name)&users.email=like.ada*',
    result: 'refused',
    stage: 'grants',
    words: /not email, and the request embeds it as users/,
    change: 'fix',
  },
  'a column without a grant that leads to an embedded table': {
    ...inProjects,
    ...ada,
    request: 'GET /tasks?id=eq.1&select=id,projects(name)',
    setup: 'REVOKE SELECT ON api.tasks FROM projects_member; GRANT SELECT (id, title) ON api.tasks TO projects_member',
    result: 'refused',
    stage: 'grants',
    words: /not tenant_id, project_id, and projects is embedded by tenant_id, project_id/,
    change: 'fix',
  },
  'a junction without a grant': {
    ...inProjects,
    ...mia,
    request: 'GET /projects?id=eq.1&select=id,users(name)',
    setup: 'REVOKE ALL ON api.project_members FROM projects_member, projects_manager',
    result: 'refused',
    stage: 'grants',
    words: /no grant to select api\.project_members, and it leads to the embedded resource users/,
    change: 'fix',
  },
  'a function in a policy of an embedded table without EXECUTE': {
    ...inProjects,
    ...ada,
    request: 'GET /tasks?id=eq.1&select=id,comments(body)',
    setup: `CREATE FUNCTION api.open_now() RETURNS boolean LANGUAGE sql AS 'SELECT true';
      REVOKE ALL ON FUNCTION api.open_now() FROM PUBLIC;
      CREATE POLICY hours ON api.comments AS RESTRICTIVE TO projects_member USING (api.open_now())`,
    result: 'refused',
    stage: 'grants',
    words: /no EXECUTE on function api\.open_now, which policy "hours" of api\.comments uses/,
    change: 'fix',
  },
  'a table that no foreign key leads to': {
    ...inProjects,
    ...mia,
    request: 'GET /tasks?id=eq.1&select=id,invoices(number)',
    result: 'refused',
    stage: 'address',
    words: /api\.tasks has no relationship to "invoices": no foreign key leads there/,
    change: { request: 'GET /tasks?id=eq.1&select=id,comments(body)' },
  },
  'an embedded column that does not exist': {
    ...inProjects,
    ...ada,
    request: 'GET /tasks?id=eq.1&select=id,comments(text)',
    result: 'refused',
    stage: 'address',
    words: /api\.comments has no column "text"/,
    change: { request: 'GET /tasks?id=eq.1&select=id,comments(body)' },
  },
  'an embedded row that a policy hides': {
    ...inProjects,
    ...ben,
    request: 'GET /tasks?id=eq.1&select=id,time_entries(minutes)',
    result: 'some',
    stage: 'policies',
    words:
      /the row of api\.time_entries exists and is not shown: .*the row has user_id 1, the token 2.* \(embedded as time_entries\)/,
    change: ada,
  },
  'a single embedded row that a policy hides': {
    ...inProjects,
    ...ada,
    request: 'GET /tasks?id=eq.1&select=id,users(name)',
    setup: `CREATE POLICY not_ada ON api.users AS RESTRICTIVE FOR SELECT TO projects_member USING (name <> 'Ada')`,
    result: 'some',
    stage: 'policies',
    words: /the row of api\.users exists and is not shown: .*"not_ada" must be true.* \(embedded as users\)/,
    change: { sql: 'DROP POLICY not_ada ON api.users' },
  },
  'an embedded row inside of another': {
    ...inProjects,
    ...ben,
    request: 'GET /projects?id=eq.1&select=id,open:tasks(id,time_entries(minutes))&open.id=eq.1',
    result: 'some',
    stage: 'policies',
    words: /the row of api\.time_entries exists and is not shown: .*\(embedded as open\.time_entries\)/,
    change: ada,
  },
  'an embedded row behind a junction whose row is hidden': {
    ...inProjects,
    ...ada,
    request: 'GET /projects?id=eq.1&select=id,users(name)&users.name=eq.Ben',
    result: 'some',
    stage: 'policies',
    words: /1 of 2 rows of api\.project_members exist and are not shown: .*\(leads to the embedded resource users\)/,
    change: mia,
  },
  'a row that !inner leaves out, since its embedded row is hidden': {
    ...inProjects,
    ...ben,
    request: 'GET /tasks?id=eq.1&select=id,time_entries!inner(minutes)',
    result: 'nothing',
    stage: 'policies',
    words: /the token 2.*\(embedded as time_entries\); !inner leaves out 1 row of api\.tasks for that/,
    change: ada,
  },
  'a row that !inner leaves out, since one inside of its embedded rows is hidden': {
    ...inProjects,
    ...ben,
    request: 'GET /projects?id=eq.1&select=id,tasks!inner(id,time_entries!inner(minutes))',
    result: 'nothing',
    stage: 'policies',
    words: /\(embedded as tasks\.time_entries\).*; !inner leaves out 1 row of api\.projects for that/,
    change: ada,
  },
  'a row that !inner leaves out, behind a junction': {
    ...inProjects,
    ...ada,
    request: 'GET /projects?id=eq.1&select=id,users!inner(name)&users.name=eq.Ben',
    result: 'nothing',
    stage: 'policies',
    words: /leads to the embedded resource users\); !inner leaves out 1 row of api\.projects for that/,
    change: mia,
  },
  'a row that not.is.null leaves out': {
    ...inProjects,
    ...ben,
    request: 'GET /tasks?id=eq.1&select=id,time_entries()&time_entries=not.is.null',
    result: 'nothing',
    stage: 'policies',
    words: /!inner leaves out 1 row of api\.tasks for that/,
    change: ada,
  },
  'a row that has no embedded row that the filter finds': {
    ...inProjects,
    ...ada,
    request: 'GET /tasks?id=eq.1&select=id,comments!inner(body)&comments.body=eq.nothing',
    result: 'nothing',
    stage: 'rows',
    words: /1 row of api\.tasks has no row of api\.comments that the request asks for: comments is embedded by !inner/,
    change: { request: 'GET /tasks?id=eq.1&select=id,comments!inner(body)&comments.body=like.half*' },
  },
};

/** Causes in upserts, and in the rows that a write returns. */
const writtenCauses: Readonly<Record<string, Cause>> = {
  'a column without a grant of a row that a write returns': {
    ...inProjects,
    ...ada,
    request: 'PATCH /users?id=eq.1',
    data: { name: 'Ada L.' },
    prefer: 'return=representation',
    result: 'refused',
    stage: 'grants',
    words:
      /may select only id, tenant_id, name of api\.users, not email, and a request without `select` asks for every/,
    change: { request: 'PATCH /users?id=eq.1&select=id,name' },
  },
  'an inserted row that the request could not read': {
    ...inTodos,
    ...ann,
    request: 'POST /todos',
    data: { title: 'x' },
    prefer: 'return=representation',
    setup: `CREATE POLICY not_x ON api.todos AS RESTRICTIVE FOR SELECT TO todos_user USING (title <> 'x')`,
    result: 'refused',
    stage: 'policies',
    words: /the restrictive policy "not_x" must be true, and is not/,
    change: { prefer: 'return=minimal' },
  },
  'an upsert without UPDATE on a column that it sends': {
    ...inProjects,
    ...ada,
    request: 'POST /tasks',
    data: { project_id: 1, title: 'x' },
    prefer: 'resolution=merge-duplicates',
    result: 'refused',
    stage: 'grants',
    words:
      /may update only .* of api\.tasks, not project_id, and an upsert sets every sent column of a row that exists/,
    change: 'fix',
  },
  'an upsert without SELECT on the key': {
    ...inTodos,
    ...ann,
    request: 'POST /todos',
    data: { title: 'x' },
    prefer: 'resolution=ignore-duplicates',
    setup: 'REVOKE SELECT ON api.todos FROM todos_user; GRANT SELECT (title) ON api.todos TO todos_user',
    result: 'refused',
    stage: 'grants',
    words: /not id, and an upsert looks for rows with the same id/,
    change: 'fix',
  },
  'an upsert of a row that another user has': {
    ...inProjects,
    ...ben,
    request: 'POST /time_entries?on_conflict=tenant_id,task_id,user_id,day',
    data: { project_id: 1, task_id: 1, user_id: 1, day: '2026-02-02', minutes: 5 },
    prefer: 'resolution=merge-duplicates',
    result: 'refused',
    stage: 'policies',
    words: /the row that is sent does not pass: .*user_id = claim user_id: the row has user_id 1, the token 2/,
    change: { data: { project_id: 1, task_id: 1, user_id: 2, day: '2026-02-02', minutes: 5 } },
  },
  'an upsert of a row that exists and may not be updated': {
    ...inTodos,
    ...ann,
    request: 'POST /todos',
    data: { id: 3, title: 'x' },
    prefer: 'resolution=merge-duplicates',
    setup: `ALTER TABLE api.todos ALTER id SET GENERATED BY DEFAULT; GRANT INSERT (id), UPDATE (id) ON api.todos TO todos_user`,
    result: 'refused',
    stage: 'policies',
    words: /the row that exists does not pass: .*user_id = claim user_id: the row has user_id 2, the token 1/,
    change: { data: { id: 1, title: 'x' } },
  },
  'an upsert that makes a row one of another user': {
    ...inTodos,
    ...ann,
    request: 'POST /todos',
    data: { id: 1, title: 'x', public: true },
    prefer: 'resolution=merge-duplicates',
    setup: `ALTER TABLE api.todos ALTER id SET GENERATED BY DEFAULT; GRANT INSERT (id), UPDATE (id) ON api.todos TO todos_user;
      CREATE FUNCTION api.give() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.public THEN NEW.user_id := 2; END IF; RETURN NEW; END $$;
      CREATE TRIGGER give BEFORE UPDATE ON api.todos FOR EACH ROW EXECUTE FUNCTION api.give()`,
    result: 'refused',
    stage: 'policies',
    words: /the row after the update does not pass: .*the row has user_id 2, the token 1/,
    change: { data: { id: 1, title: 'x', public: false } },
  },
  'a row that exists, which an upsert ignores': {
    ...inProjects,
    ...mia,
    request: 'POST /projects?on_conflict=tenant_id,slug&select=id',
    data: { slug: 'website', name: 'x' },
    prefer: 'resolution=ignore-duplicates, return=representation',
    result: 'nothing',
    stage: 'constraint',
    words:
      /1 of 1 sent rows is not inserted: api\.projects has a row with the same tenant_id, slug, .* leaves it as it is$/,
    change: { data: { slug: 'other', name: 'x' } },
  },
  'a row that exists and is hidden, which an upsert ignores': {
    ...inTodos,
    ...ann,
    request: 'POST /todos',
    data: { id: 3, title: 'x' },
    prefer: 'resolution=ignore-duplicates, return=representation',
    setup: 'ALTER TABLE api.todos ALTER id SET GENERATED BY DEFAULT; GRANT INSERT (id) ON api.todos TO todos_user',
    result: 'nothing',
    stage: 'constraint',
    words: /leaves it as it is; policies hide that row from todos_user/,
    change: { data: { id: 30, title: 'x' } },
  },
  'an upsert by columns without a unique constraint': {
    ...inProjects,
    ...mia,
    request: 'POST /projects?on_conflict=slug',
    data: { slug: 'other', name: 'x' },
    prefer: 'resolution=ignore-duplicates',
    result: 'refused',
    stage: 'address',
    words: /no unique constraint of api\.projects is on exactly slug/,
    change: { request: 'POST /projects?on_conflict=tenant_id,slug' },
  },
  'an upsert by another unique constraint': {
    ...inProjects,
    ...mia,
    request: 'POST /projects',
    data: { slug: 'website', name: 'x' },
    prefer: 'resolution=merge-duplicates',
    result: 'refused',
    stage: 'constraint',
    words: /the unique constraint "projects_tenant_id_slug_key" of api\.projects rejects it/,
    change: { request: 'POST /projects?on_conflict=tenant_id,slug' },
  },
  'an upsert that sends a row twice': {
    ...inProjects,
    ...mia,
    request: 'POST /projects?on_conflict=tenant_id,slug',
    data: [
      { slug: 'new', name: 'x' },
      { slug: 'new', name: 'y' },
    ],
    prefer: 'resolution=merge-duplicates',
    result: 'refused',
    stage: 'values',
    words: /two sent rows have the same tenant_id, slug/,
    change: { data: [{ slug: 'new', name: 'y' }] },
  },
  'a trigger that rejects the update of an upsert': {
    ...inProjects,
    ...mia,
    request: 'POST /projects?on_conflict=tenant_id,slug',
    data: { slug: 'website', name: 'x' },
    prefer: 'resolution=merge-duplicates',
    setup: `CREATE FUNCTION api.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'it keeps its name'; END $$;
      CREATE TRIGGER keep BEFORE UPDATE ON api.projects FOR EACH ROW EXECUTE FUNCTION api.keep()`,
    result: 'refused',
    stage: 'trigger',
    words: /trigger "keep" of api\.projects rejects it: it keeps its name/,
    change: { data: { slug: 'other', name: 'x' } },
  },
  'a PUT that names no row by its key': {
    ...inProjects,
    ...mia,
    request: 'PUT /announcements?title=eq.x',
    data: { id: '00000000-0000-0000-0000-0000000000a1', title: 'x', body: 'y' },
    result: 'refused',
    stage: 'address',
    words: /PUT writes one row of api\.announcements by its primary key, and the filters are not exactly that key/,
    change: { request: 'PUT /announcements?id=eq.00000000-0000-0000-0000-0000000000a1' },
  },
  'a PUT whose body is another row': {
    ...inProjects,
    ...mia,
    request: 'PUT /announcements?id=eq.00000000-0000-0000-0000-0000000000a1',
    data: { id: '00000000-0000-0000-0000-0000000000a2', title: 'x', body: 'y' },
    result: 'refused',
    stage: 'address',
    words: /the body of PUT has id "00000000-0000-0000-0000-0000000000a2", and the address 00000000/,
    change: { data: { id: '00000000-0000-0000-0000-0000000000a1', title: 'x', body: 'y' } },
  },
  'a PUT of a row of another tenant': {
    ...inProjects,
    ...mia,
    request: 'PUT /announcements?id=eq.00000000-0000-0000-0000-0000000000b1',
    data: { id: '00000000-0000-0000-0000-0000000000b1', title: 'x', body: 'y' },
    result: 'refused',
    stage: 'policies',
    words: /the row that exists does not pass: .*"within_tenant" must be true/,
    change: {
      request: 'PUT /announcements?id=eq.00000000-0000-0000-0000-0000000000a1',
      data: { id: '00000000-0000-0000-0000-0000000000a1', title: 'x', body: 'y' },
    },
  },
};

/** The rows of an answer; `some` where one has no embedded row: an empty list, or null for a single one. */
function rowsIn(answer: unknown, embeds: boolean): 'nothing' | 'some' | 'all' {
  if (!Array.isArray(answer)) return 'all';
  const lacks = (value: unknown): boolean =>
    value === null || (typeof value === 'object' && (isEmpty(value) || Object.values(value).some(lacks)));
  return isEmpty(answer) ? 'nothing' : embeds && lacks(answer) ? 'some' : 'all';
}

function isEmpty(value: object): boolean {
  return Array.isArray(value) && value.length === 0;
}

describe('why', () => {
  let bases: Record<Ask['example'], EphemeralPostgrest>;
  beforeAll(async () => {
    bases = {
      todos: await startEphemeralPostgrest(todos, { seed: [sqlFile('examples/todos/seed.sql')] }),
      projects: await startEphemeralPostgrest(projects, { seed: [sqlFile('examples/projects/seed.sql')] }),
    };
  });
  afterAll(() => Promise.all(Object.values(bases).map((base) => base.stop())));

  const why = (environment: EphemeralPostgrest, ask: Ask) => {
    const { role, claims = {}, request, data, prefer } = ask;
    const caller: Caller = role === undefined ? { kind: 'none' } : { kind: 'subject', subject: { role, claims } };
    const parsed = parseRequest(request, {
      ...(data !== undefined && { data: JSON.stringify(data) }),
      ...(prefer !== undefined && { prefer: [prefer] }),
    });
    return explainRequest(connectionOf(environment.databaseUrl), caller, parsed, {
      declaration: environment.declaration,
    });
  };
  /** The same request to PostgREST: `refused`, or what its rows are; `some` where one has no embedded row. */
  const send = async (environment: EphemeralPostgrest, { role, claims = {}, request, data, prefer }: Ask) => {
    const [method = '', path = ''] = request.split(' ');
    const token = role === undefined ? undefined : await environment.tokenFor(role, claims);
    const response = await fetch(environment.url + path, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        Prefer: [prefer, method === 'PATCH' || method === 'DELETE' ? 'count=exact' : undefined]
          .filter(Boolean)
          .join(', '),
      },
      ...(data !== undefined && { body: JSON.stringify(data) }),
    });
    if (!response.ok) return 'refused';
    const text = await response.text();
    if (method === 'GET' || text !== '') return rowsIn(JSON.parse(text), /[?&]select=[^&]*\(/.test(path));
    if (method === 'POST' || method === 'PUT') return 'all';
    return response.headers.get('content-range') === '*/0' ? 'nothing' : 'all';
  };

  it.each(Object.entries({ ...causes, ...embeddedCauses, ...writtenCauses }))(
    'names %s, and the request passes without it',
    async (_, cause) => {
      await using environment = await bases[cause.example].clone();
      if (cause.setup !== undefined) await environment.sql(cause.setup);
      const before = await why(environment, cause);
      expect(before).toMatchObject({ result: cause.result, decided: { stage: cause.stage } });
      expect(before.decided?.words).toMatch(cause.words);
      expect(await send(environment, cause)).toBe(cause.result);

      const { change } = cause;
      const next = change === 'fix' || 'sql' in change ? cause : { ...cause, ...change };
      const statements = change === 'fix' ? before.decided!.fix!.sql : 'sql' in change ? [change.sql] : [];
      for (const sql of statements) await environment.sql(sql);
      const after = await why(environment, next);
      expect(after).toMatchObject({ result: 'all', decided: undefined });
      expect(await send(environment, next)).toBe('all');
    },
  );

  it('checks a token by the declaration: an expired one is rejected, a new one gets its role', async () => {
    const environment = bases.todos;
    const ask = (token: string) =>
      explainRequest(
        connectionOf(environment.databaseUrl),
        { kind: 'token', token },
        parseRequest('GET /todos?id=eq.1'),
        {
          declaration: environment.declaration,
        },
      );
    const now = new Date(Date.now() - 7_200_000);
    const expired = await ask(await environment.tokenFor('todos_user', { user_id: 1 }, { now }));
    expect(expired).toMatchObject({ result: 'refused', code: 'PGRST301', role: undefined });
    expect(expired.decided?.words).toMatch(/^the token is rejected: it expired 1 hour ago/);
    const fresh = await ask(await environment.tokenFor('todos_user', { user_id: 1 }));
    expect(fresh).toMatchObject({ result: 'all', role: 'todos_user' });
    expect(fresh.steps[0]).toMatchObject({ stage: 'token', outcome: 'unknown' });
    expect(await ask(`${await environment.tokenFor('todos_user')}.x`)).toMatchObject({ result: 'refused' });
  });

  it('answers the same without a declaration, by the catalogs alone', async () => {
    const connection = connectionOf(bases.todos.databaseUrl);
    const caller = { kind: 'subject', subject: { role: 'todos_user', claims: { user_id: 2 } } } as const;
    const found = await explainRequest(connection, caller, parseRequest('GET /todos?id=in.(1,3)'));
    expect(found).toMatchObject({
      result: 'some',
      rows: [
        { key: { id: '1' }, outcome: 'hidden' },
        { key: { id: '3' }, outcome: 'reached' },
      ],
    });
  });

  it('asks which of two relationships embeds a table, and names what it does not explain', async () => {
    await using environment = await bases.projects.clone();
    await environment.sql('ALTER TABLE api.tasks ADD COLUMN reviewer_id int REFERENCES api.users');
    const ask = (select: string) =>
      why(environment, { ...inProjects, ...ada, request: `GET /tasks?id=eq.1&select=${select}` });
    expect(await ask('id,users(name)')).toMatchObject({
      result: 'refused',
      code: 'PGRST201',
      decided: { fix: { text: expect.stringContaining('users!tasks_reviewer_id_fkey(...)') as string } },
    });
    expect(await ask('id,users!tasks_reviewer_id_fkey(name)')).toMatchObject({ result: 'all' });
    expect(await ask('id,reviewer_id(name)')).toMatchObject({ result: 'all' });
    expect(await ask('id,tasks(id)')).toMatchObject({
      result: 'all',
      notes: [expect.stringContaining('the embedded resource tasks is not explained: it is of the same table')],
    });
  });

  it('says what it does not understand, and changes nothing', async () => {
    const environment = bases.todos;
    const count = () => environment.sql('SELECT count(*)::int AS rows, max(title) AS title FROM api.todos');
    const before = await count();
    expect(await why(environment, { ...inTodos, ...ann, request: 'DELETE /todos?title=fts.milk' })).toMatchObject({
      notes: expect.arrayContaining([
        expect.stringContaining('the filter title=fts.milk is not understood'),
      ]) as string[],
    });
    await why(environment, { ...inTodos, ...ann, request: 'POST /todos', data: { title: 'zzz' } });
    expect(await count()).toEqual(before);
  });
});
