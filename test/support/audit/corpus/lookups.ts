import { casesOn } from './case.ts';
import { asAnn, claim, protect, SAFE_PATH, SUB } from './snippets.ts';

/** Projects, of which ann is a member of the first; row security on both tables, and no policy. */
const projects = `
  CREATE TABLE api.members (project_id int NOT NULL, user_id text NOT NULL, PRIMARY KEY (user_id, project_id));
  CREATE TABLE api.docs (id int PRIMARY KEY, project_id int NOT NULL, body text);
  INSERT INTO api.members VALUES (1, 'ann'), (2, 'bob'); INSERT INTO api.docs VALUES (1, 1, 'first'), (2, 2, 'second');
  CREATE INDEX ON api.docs (project_id); CREATE INDEX ON api.members (project_id); ${protect('api.docs')}`;
const protectedProjects = `${projects} ${protect('api.members')}`;
const docsOfMembers = `CREATE POLICY of_members ON api.docs FOR SELECT TO member
  USING (project_id IN (SELECT m.project_id FROM api.members AS m WHERE m.user_id = ${SUB}));`;
const ownMemberships = `CREATE POLICY own ON api.members FOR SELECT TO member USING (user_id = ${SUB});`;
const second = 'SELECT FROM api.docs WHERE project_id = 2';
const joinSecond = `INSERT INTO api.members VALUES (2, 'ann'); ${second}`;
/** With its owner's rights, past the policies of the table, for a policy of that same table. */
const myProjects = `RESET ROLE;
  CREATE FUNCTION private.my_projects() RETURNS SETOF int LANGUAGE sql STABLE SECURITY DEFINER ${SAFE_PATH}
    AS $$ SELECT project_id FROM api.members WHERE user_id = nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub' $$;
  GRANT EXECUTE ON FUNCTION private.my_projects TO member;`;

/** Tables and functions that policies look up. */
export const lookups = casesOn('postgrest', [
  {
    id: 'members-add-themselves',
    title: 'each member may add themselves to any project',
    grade: 'open',
    rules: ['policy_reads_writable'],
    sql: `${protectedProjects} GRANT SELECT ON api.docs TO member; GRANT SELECT, INSERT ON api.members TO member; ${docsOfMembers} ${ownMemberships}
      CREATE POLICY add ON api.members FOR INSERT TO member WITH CHECK (user_id = ${SUB});`,
    shows: [asAnn('none', second), asAnn('some', joinSecond)],
  },
  {
    id: 'memberships-without-row-security',
    title: 'the table of memberships has no row security, and members insert into it',
    grade: 'open',
    rules: ['policy_reads_writable', 'rls_disabled'],
    sql: `${projects} GRANT SELECT ON api.docs TO member; GRANT SELECT, INSERT ON api.members TO member; ${docsOfMembers}`,
    shows: [asAnn('some', joinSecond)],
  },
  {
    id: 'memberships-moved-by-update',
    title: 'each member may move their own membership to another project',
    grade: 'open',
    rules: ['policy_reads_writable'],
    sql: `${protectedProjects} GRANT SELECT ON api.docs TO member; GRANT SELECT, UPDATE ON api.members TO member; ${docsOfMembers} ${ownMemberships}
      CREATE POLICY edit ON api.members FOR UPDATE TO member USING (user_id = ${SUB});`,
    shows: [asAnn('some', `UPDATE api.members SET project_id = 2 WHERE user_id = 'ann'; ${second}`)],
  },
  {
    id: 'own-role-updated',
    title: 'the role that a policy asks for stands in the profile, which its user may update',
    grade: 'open',
    rules: ['policy_reads_writable'],
    sql: `CREATE TABLE api.profiles (user_id text PRIMARY KEY, name text, role text NOT NULL DEFAULT 'user'); INSERT INTO api.profiles VALUES ('ann', 'Ann', 'user');
      CREATE TABLE api.reports (id int PRIMARY KEY, body text); INSERT INTO api.reports VALUES (1, 'secret'); ${protect('api.profiles')} ${protect('api.reports')}
      GRANT SELECT, UPDATE ON api.profiles TO member; GRANT SELECT ON api.reports TO member;
      CREATE POLICY own ON api.profiles TO member USING (user_id = ${SUB});
      CREATE POLICY administrators ON api.reports FOR SELECT TO member
        USING (EXISTS (SELECT FROM api.profiles AS p WHERE p.user_id = ${SUB} AND p.role = 'admin'));`,
    shows: [asAnn('some', `UPDATE api.profiles SET role = 'admin' WHERE user_id = 'ann'; SELECT FROM api.reports`)],
  },
  {
    id: 'own-name-updated',
    title: 'the role stands in the profile, of which its user may update the name only',
    grade: 'fine',
    rules: ['policy_reads_writable'],
    sql: `CREATE TABLE api.profiles (user_id text PRIMARY KEY, name text, role text NOT NULL DEFAULT 'user'); INSERT INTO api.profiles VALUES ('ann', 'Ann', 'user');
      CREATE TABLE api.reports (id int PRIMARY KEY, body text); INSERT INTO api.reports VALUES (1, 'secret'); ${protect('api.profiles')} ${protect('api.reports')}
      GRANT SELECT, UPDATE (name) ON api.profiles TO member; GRANT SELECT ON api.reports TO member;
      CREATE POLICY own ON api.profiles TO member USING (user_id = ${SUB});
      CREATE POLICY administrators ON api.reports FOR SELECT TO member
        USING (EXISTS (SELECT FROM api.profiles AS p WHERE p.user_id = ${SUB} AND p.role = 'admin'));`,
    shows: [
      asAnn('fails', `UPDATE api.profiles SET role = 'admin' WHERE user_id = 'ann'`),
      asAnn('none', 'SELECT FROM api.reports'),
    ],
  },
  {
    id: 'memberships-read-only',
    title: 'members read their own memberships, and a backend writes them',
    grade: 'fine',
    sql: `${protectedProjects} GRANT SELECT ON api.docs, api.members TO member; ${docsOfMembers} ${ownMemberships}`,
    shows: [
      asAnn('some', 'SELECT FROM api.docs WHERE project_id = 1'),
      asAnn('none', second),
      asAnn('fails', joinSecond),
    ],
  },
  {
    id: 'memberships-left-by-delete',
    title: 'members may end their own membership, and nothing more',
    grade: 'fine',
    sql: `${protectedProjects} GRANT SELECT ON api.docs TO member; GRANT SELECT, DELETE ON api.members TO member; ${docsOfMembers} ${ownMemberships}
      CREATE POLICY leave ON api.members FOR DELETE TO member USING (user_id = ${SUB});`,
    shows: [asAnn('none', second), asAnn('none', `DELETE FROM api.members WHERE user_id = 'bob'`)],
  },
  {
    id: 'administrators-add-members',
    title: 'members are added by administrators, by a claim that the signer sets',
    grade: 'fine',
    sql: `${protectedProjects} GRANT SELECT ON api.docs TO member; GRANT SELECT, INSERT ON api.members TO member; ${docsOfMembers} ${ownMemberships}
      CREATE POLICY add ON api.members FOR INSERT TO member WITH CHECK (${claim('is_admin')} = 'true');`,
    shows: [asAnn('fails', joinSecond)],
  },
  {
    id: 'memberships-behind-a-definer',
    title: 'the memberships are granted to nobody, and a function of its owner reads those of the caller',
    grade: 'fine',
    sql: `${projects} ALTER TABLE api.members SET SCHEMA private; GRANT SELECT ON api.docs TO member; ${myProjects.replace('api.members', 'private.members')}
      CREATE POLICY of_members ON api.docs FOR SELECT TO member USING (project_id IN (SELECT private.my_projects()));`,
    shows: [
      asAnn('some', 'SELECT FROM api.docs WHERE project_id = 1'),
      asAnn('none', second),
      asAnn('fails', 'SELECT FROM private.members'),
    ],
  },
  {
    id: 'any-membership-will-do',
    title: 'asks whether the caller is a member of any project, not of this one',
    grade: 'open',
    rules: ['unscoped_column'],
    sql: `${protectedProjects} GRANT SELECT ON api.docs, api.members TO member; ${ownMemberships}
      CREATE POLICY of_members ON api.docs FOR SELECT TO member USING (EXISTS (SELECT FROM api.members AS m WHERE m.user_id = ${SUB}));`,
    shows: [asAnn('some', second)],
  },
  {
    id: 'any-administrator-will-do',
    title: 'asks whether there is an administrator at all, not whether the caller is one',
    grade: 'open',
    rules: ['unscoped_column', 'public_rows', 'tautology'],
    sql: `CREATE TABLE api.staff (user_id text PRIMARY KEY, is_admin boolean NOT NULL); INSERT INTO api.staff VALUES ('bob', true);
      CREATE TABLE api.reports (id int PRIMARY KEY, user_id text, body text); INSERT INTO api.reports VALUES (1, 'bob', 'secret'); ${protect('api.staff')} ${protect('api.reports')}
      GRANT SELECT ON api.staff, api.reports TO member; CREATE POLICY list ON api.staff FOR SELECT TO member USING (is_admin);
      CREATE POLICY administrators ON api.reports FOR SELECT TO member USING (EXISTS (SELECT FROM api.staff AS s WHERE s.is_admin));`,
    shows: [asAnn('some', 'SELECT FROM api.reports')],
  },
  {
    id: 'policy-reads-its-own-table',
    title: 'a policy of the memberships reads the memberships: every request ends with an error',
    grade: 'slow',
    rules: ['recursive_policy'],
    sql: `${protectedProjects} DROP TABLE api.docs; GRANT SELECT ON api.members TO member;
      CREATE POLICY of_members ON api.members FOR SELECT TO member USING (project_id IN (SELECT m.project_id FROM api.members AS m WHERE m.user_id = ${SUB}));`,
    shows: [asAnn('fails', 'SELECT FROM api.members')],
  },
  {
    id: 'policies-read-each-other',
    title: 'two tables whose policies read each other: every request ends with an error',
    grade: 'slow',
    rules: ['recursive_policy'],
    sql: `${protectedProjects} GRANT SELECT ON api.members, api.docs TO member; ${docsOfMembers}
      CREATE POLICY of_docs ON api.members FOR SELECT TO member USING (project_id IN (SELECT d.project_id FROM api.docs AS d));`,
    shows: [asAnn('fails', 'SELECT FROM api.docs')],
  },
  {
    id: 'policy-reads-its-own-table-by-a-function',
    title: "a policy calls a function that reads the policy's table with the caller's rights",
    grade: 'slow',
    rules: ['recursive_policy'],
    sql: `${protectedProjects} DROP TABLE api.docs; GRANT SELECT ON api.members TO member;
      CREATE FUNCTION private.is_member(project int) RETURNS boolean LANGUAGE plpgsql STABLE ${SAFE_PATH} AS $$ BEGIN
        RETURN EXISTS (SELECT FROM api.members AS m WHERE m.project_id = project); END $$;
      GRANT EXECUTE ON FUNCTION private.is_member TO member;
      CREATE POLICY of_members ON api.members FOR SELECT TO member USING (private.is_member(project_id));`,
    shows: [asAnn('fails', 'SELECT FROM api.members')],
  },
  {
    id: 'policy-reads-its-own-table-as-its-owner',
    title: "a policy reads its own table by a function with its owner's rights: no recursion",
    grade: 'fine',
    sql: `${protectedProjects} DROP TABLE api.docs; GRANT SELECT ON api.members TO member; ${myProjects}
      CREATE POLICY of_members ON api.members FOR SELECT TO member USING (project_id IN (SELECT private.my_projects()));`,
    shows: [
      asAnn('some', 'SELECT FROM api.members WHERE project_id = 1'),
      asAnn('none', 'SELECT FROM api.members WHERE project_id = 2'),
    ],
  },
  {
    id: 'policy-reads-a-table-without-grant',
    title: 'a policy reads a table that the role may not read: every request fails',
    grade: 'slow',
    rules: ['failing_policy'],
    sql: `${protectedProjects} GRANT SELECT ON api.docs TO member; ${docsOfMembers} ${ownMemberships}`,
    shows: [asAnn('fails', 'SELECT FROM api.docs')],
  },
  {
    id: 'policy-calls-a-function-without-grant',
    title: 'a policy calls a function that the role may not execute: every request fails',
    grade: 'slow',
    rules: ['failing_policy'],
    sql: `${protectedProjects} ${ownMemberships} GRANT SELECT ON api.docs TO member; ${myProjects} REVOKE EXECUTE ON FUNCTION private.my_projects FROM member;
      CREATE POLICY of_members ON api.docs FOR SELECT TO member USING (project_id IN (SELECT private.my_projects()));`,
    shows: [asAnn('fails', 'SELECT FROM api.docs')],
  },
  {
    id: 'failing-policy-of-a-role-without-grant',
    title: 'a policy would fail, and the role has no grant on its table anyway',
    grade: 'closed',
    rules: ['failing_policy', 'dead_policy'],
    sql: `${protectedProjects} ${docsOfMembers} ${ownMemberships}`,
    shows: [asAnn('fails', 'SELECT FROM api.docs')],
  },
  {
    id: 'lookup-bound-to-the-row',
    title: 'a correlated sub-select finds the membership of this row by its primary key',
    grade: 'fine',
    sql: `${protectedProjects} GRANT SELECT ON api.docs, api.members TO member; ${ownMemberships}
      CREATE POLICY of_members ON api.docs FOR SELECT TO member
        USING (EXISTS (SELECT FROM api.members AS m WHERE m.user_id = ${SUB} AND m.project_id = docs.project_id));`,
    shows: [asAnn('some', 'SELECT FROM api.docs WHERE project_id = 1'), asAnn('none', second)],
  },
]);
