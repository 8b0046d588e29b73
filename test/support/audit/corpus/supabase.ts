import { casesOn } from './case.ts';
import { ANN, asAnonymous, asUser, BOB, protect, SAFE_PATH, supabaseNotes, users } from './snippets.ts';

const UID = '(SELECT auth.uid())';
const ownNotes = `${supabaseNotes} CREATE POLICY own ON public.notes TO authenticated USING (user_id = ${UID});`;
const notesBy = (using: string) =>
  `${supabaseNotes} CREATE POLICY see ON public.notes FOR SELECT TO authenticated USING (${using});`;
const ofBob = (rows: 'some' | 'none' | 'fails', claims = {}) =>
  asUser(rows, `SELECT FROM public.notes WHERE user_id = '${BOB}'`, claims);

const profiles = (columns: string) => `${users}
  CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE, ${columns}); ${protect('public.profiles')}`;
const newUser = (path: string) => `${profiles('name text')} INSERT INTO public.profiles VALUES ('${ANN}', 'Ann');
  CREATE POLICY own ON public.profiles FOR SELECT TO authenticated USING (id = ${UID});
  CREATE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${path} AS $$ BEGIN
    INSERT INTO public.profiles (id, name) VALUES (NEW.id, NEW.raw_user_meta_data ->> 'name'); RETURN NEW; END $$;
  CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();`;
const noEffect = asUser('fails', 'SELECT public.handle_new_user()');

/** Databases as projects of Supabase have them: everything in public is granted by default. */
export const supabase = casesOn('supabase', [
  {
    id: 'supabase-rls-off',
    title: 'a new table without row security',
    grade: 'open',
    rules: ['rls_disabled'],
    sql: `CREATE TABLE public.todos (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id uuid, task text); INSERT INTO public.todos (task) VALUES ('x');`,
    shows: [asAnonymous('some', 'SELECT FROM public.todos')],
  },
  {
    id: 'supabase-rls-off-revoked',
    title: 'a table without row security, of which the grants by default are revoked',
    grade: 'closed',
    rules: ['rls_disabled'],
    sql: `CREATE TABLE public.jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload jsonb); REVOKE ALL ON public.jobs FROM anon, authenticated;`,
    shows: [asAnonymous('fails', 'SELECT FROM public.jobs'), asUser('fails', 'SELECT FROM public.jobs')],
  },
  {
    id: 'supabase-own-rows',
    title: 'signed-in users read and write their own rows',
    grade: 'fine',
    sql: ownNotes,
    shows: [ofBob('none'), asUser('some', 'SELECT FROM public.notes'), asAnonymous('none', 'SELECT FROM public.notes')],
  },
  {
    id: 'supabase-own-rows-not-forced',
    title: 'own rows, and row security that is enabled and not forced, as the dashboard does it',
    grade: 'fine',
    rules: ['rls_not_forced'],
    sql: `${ownNotes} ALTER TABLE public.notes NO FORCE ROW LEVEL SECURITY;`,
    shows: [ofBob('none')],
  },
  {
    id: 'supabase-for-service-role-only',
    title: 'row security without a policy: the table is for the service role',
    grade: 'closed',
    rules: ['no_policy'],
    sql: supabaseNotes,
    shows: [ofBob('none'), { as: 'service_role', sql: 'SELECT FROM public.notes', rows: 'some' }],
  },
  {
    id: 'supabase-policy-for-service-role',
    title: 'a policy for the service role, which passes all policies anyway',
    grade: 'closed',
    rules: ['dead_policy'],
    sql: `${ownNotes} CREATE POLICY service ON public.notes TO service_role USING (true) WITH CHECK (true);`,
    shows: [ofBob('none')],
  },
  {
    id: 'supabase-service-policy-for-all',
    title: 'a policy named for the service role, without TO: it is for everybody',
    grade: 'open',
    rules: ['always_true', 'public_rows', 'unscoped_column', 'condition_undone'],
    sql: `${supabaseNotes} CREATE POLICY "Service role has full access" ON public.notes USING (true) WITH CHECK (true);`,
    shows: [asAnonymous('some', 'SELECT FROM public.notes')],
  },
  {
    id: 'supabase-service-policy-by-claim',
    title: 'a policy for everybody that asks whether the token is of the service role',
    grade: 'fine',
    sql: `${ownNotes} CREATE POLICY service ON public.notes AS PERMISSIVE FOR DELETE TO authenticated USING ((SELECT auth.jwt() ->> 'role') = 'service_role');`,
    shows: [ofBob('none')],
  },
  {
    id: 'supabase-any-user-updates',
    title: 'every signed-in user updates every row, by a template of the dashboard',
    grade: 'open',
    rules: ['always_true', 'unscoped_column'],
    sql: `${supabaseNotes} CREATE POLICY "Enable read access for own rows" ON public.notes FOR SELECT TO authenticated USING (user_id = ${UID});
      CREATE POLICY "Enable update for authenticated users only" ON public.notes FOR UPDATE TO authenticated USING (true);`,
    shows: [asUser('some', `UPDATE public.notes SET body = ''`, { sub: '33333333-3333-4333-8333-333333333333' })],
  },
  {
    id: 'supabase-anonymous-inserts',
    title: 'anonymous inserts in the name of any user',
    grade: 'open',
    rules: ['always_true', 'check_wider', 'unscoped_column'],
    sql: `${ownNotes} CREATE POLICY "Enable insert for everyone" ON public.notes FOR INSERT TO anon WITH CHECK (true);`,
    shows: [asAnonymous('some', `INSERT INTO public.notes (user_id, body) VALUES ('${BOB}', 'forged')`)],
  },
  {
    id: 'supabase-signed-in-reads-all',
    title: 'asks only whether the request is signed in',
    grade: 'open',
    rules: ['unscoped_column', 'public_rows'],
    sql: `${supabaseNotes} CREATE POLICY see ON public.notes FOR SELECT USING ((SELECT auth.role()) = 'authenticated');`,
    shows: [ofBob('some')],
  },
  {
    id: 'supabase-signed-in-reads-catalogue',
    title: 'signed-in users read a catalogue that has no owners',
    grade: 'fine',
    rules: ['public_rows'],
    sql: `CREATE TABLE public.plans (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text); ${protect('public.plans')}
      CREATE POLICY see ON public.plans FOR SELECT TO authenticated USING (true);`,
    shows: [asAnonymous('none', 'SELECT FROM public.plans')],
  },
  {
    id: 'supabase-no-user-or-own',
    title: 'a request without a user passes',
    grade: 'open',
    rules: ['anonymous_passes'],
    sql: `${supabaseNotes} CREATE POLICY see ON public.notes FOR SELECT USING (${UID} IS NULL OR user_id = ${UID});`,
    shows: [asAnonymous('some', 'SELECT FROM public.notes')],
  },
  {
    id: 'supabase-not-the-anonymous-role',
    title: 'a condition that only the words of the anonymous role fail, negated',
    grade: 'open',
    rules: ['anonymous_passes', 'unscoped_column', 'public_rows'],
    sql: `${supabaseNotes} CREATE POLICY see ON public.notes FOR SELECT USING ((SELECT auth.role()) <> 'service_role');`,
    shows: [asAnonymous('some', 'SELECT FROM public.notes')],
  },
  {
    id: 'supabase-user-metadata-role',
    title: 'the metadata that users write themselves says who is an administrator',
    grade: 'open',
    rules: ['user_writable_claim'],
    sql: notesBy(`user_id = ${UID} OR (SELECT auth.jwt() -> 'user_metadata' ->> 'role') = 'admin'`),
    shows: [ofBob('some', { user_metadata: { role: 'admin' } })],
  },
  {
    id: 'supabase-user-metadata-tenant',
    title: 'the metadata that users write themselves says which tenant they see',
    grade: 'open',
    rules: ['user_writable_claim'],
    sql: `CREATE TABLE public.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text NOT NULL); INSERT INTO public.orders (tenant_id) VALUES ('b');
      CREATE INDEX ON public.orders (tenant_id); ${protect('public.orders')}
      CREATE POLICY tenant ON public.orders TO authenticated USING (tenant_id = (SELECT auth.jwt() #>> '{user_metadata,tenant}'));`,
    shows: [asUser('some', 'SELECT FROM public.orders', { user_metadata: { tenant: 'b' } })],
  },
  {
    id: 'supabase-app-metadata-role',
    title: 'the metadata that only the server writes says who is an administrator',
    grade: 'fine',
    sql: notesBy(`user_id = ${UID} OR (SELECT auth.jwt() -> 'app_metadata' ->> 'role') = 'admin'`),
    shows: [ofBob('none', { user_metadata: { role: 'admin' } }), ofBob('some', { app_metadata: { role: 'admin' } })],
  },
  {
    id: 'supabase-user-metadata-narrows',
    title: 'the metadata that users write themselves narrows their own rows',
    grade: 'closed',
    rules: ['user_writable_claim'],
    sql: notesBy(`user_id = ${UID} AND (SELECT auth.jwt() -> 'user_metadata' ->> 'accepted_terms') = 'true'`),
    shows: [ofBob('none', { user_metadata: { accepted_terms: 'true' } })],
  },
  {
    id: 'supabase-user-metadata-by-a-helper',
    title: 'a helper reads the metadata that users write themselves',
    grade: 'open',
    rules: ['user_writable_claim'],
    sql: `CREATE FUNCTION public.is_admin() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER ${SAFE_PATH} AS
        $$ SELECT coalesce((SELECT raw_user_meta_data ->> 'role' = 'admin' FROM auth.users WHERE id = auth.uid()), false) $$;
      ${notesBy(`user_id = ${UID} OR (SELECT public.is_admin())`)} UPDATE auth.users SET raw_user_meta_data = '{"role":"admin"}' WHERE id = '${ANN}';`,
    shows: [ofBob('some')],
  },
  {
    id: 'supabase-app-metadata-by-a-helper',
    title: 'a helper reads the metadata of the caller that only the server writes',
    grade: 'fine',
    sql: `CREATE FUNCTION public.is_admin() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER ${SAFE_PATH} AS
        $$ SELECT coalesce((SELECT raw_app_meta_data ->> 'role' = 'admin' FROM auth.users WHERE id = auth.uid()), false) $$;
      ${notesBy(`user_id = ${UID} OR (SELECT public.is_admin())`)}`,
    shows: [ofBob('none', { sub: '33333333-3333-4333-8333-333333333333' }), ofBob('some')],
  },
  {
    id: 'supabase-column-named-like-metadata',
    title: 'a column of the table is named as the metadata of users, and adds nothing to own rows',
    grade: 'closed',
    sql: `${supabaseNotes} ALTER TABLE public.notes ADD user_metadata jsonb;
      CREATE POLICY own ON public.notes FOR SELECT TO authenticated USING (user_id = ${UID} AND user_metadata ->> 'hidden' IS NULL);`,
    shows: [ofBob('none')],
  },
  {
    id: 'supabase-email-says-who',
    title: 'rows belong to an e-mail address',
    grade: 'open',
    rules: ['email_claim'],
    sql: `CREATE TABLE public.invitations (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL); INSERT INTO public.invitations (email) VALUES ('bob@example.com');
      CREATE INDEX ON public.invitations (email); ${protect('public.invitations')}
      CREATE POLICY invited ON public.invitations FOR SELECT TO authenticated USING (email = (SELECT auth.email()));`,
    shows: [asUser('some', 'SELECT FROM public.invitations', { email: 'bob@example.com' })],
  },
  {
    id: 'supabase-role-that-does-not-exist',
    title: 'compares the role of the token with one that does not exist',
    grade: 'closed',
    rules: ['unknown_role', 'dead_policy'],
    sql: `${supabaseNotes} CREATE POLICY see ON public.notes FOR SELECT TO authenticated USING ((SELECT auth.role()) = 'authenticted');`,
    shows: [ofBob('none')],
  },
  {
    id: 'supabase-public-profiles',
    title: 'profiles that everybody reads and their users write',
    grade: 'fine',
    rules: ['public_rows'],
    sql: `${profiles('username text UNIQUE, avatar_url text')} CREATE POLICY everybody ON public.profiles FOR SELECT USING (true);
      CREATE POLICY add ON public.profiles FOR INSERT TO authenticated WITH CHECK (id = ${UID}); CREATE POLICY edit ON public.profiles FOR UPDATE TO authenticated USING (id = ${UID});`,
    shows: [asAnonymous('none', `UPDATE public.profiles SET username = 'x'`)],
  },
  {
    id: 'supabase-public-profiles-with-secrets',
    title: 'profiles that everybody reads hold secrets',
    grade: 'open',
    rules: ['sensitive_column', 'public_rows'],
    sql: `${profiles('username text, stripe_secret_key text, date_of_birth date')} INSERT INTO public.profiles VALUES ('${BOB}', 'bob', 'sk_live', '1990-01-01');
      CREATE POLICY everybody ON public.profiles FOR SELECT USING (true); CREATE POLICY edit ON public.profiles FOR UPDATE TO authenticated USING (id = ${UID});`,
    shows: [asAnonymous('some', 'SELECT stripe_secret_key FROM public.profiles')],
  },
  {
    id: 'supabase-own-role-updated',
    title: 'users update their own profile, and with it the role that policies ask for',
    grade: 'open',
    rules: ['policy_reads_writable'],
    sql: `${supabaseNotes} CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users, name text, is_admin boolean NOT NULL DEFAULT false);
      INSERT INTO public.profiles VALUES ('${ANN}', 'Ann'); ${protect('public.profiles')}
      CREATE POLICY own ON public.profiles FOR SELECT TO authenticated USING (id = ${UID}); CREATE POLICY edit ON public.profiles FOR UPDATE TO authenticated USING (id = ${UID});
      CREATE POLICY administrators ON public.notes FOR SELECT TO authenticated USING (EXISTS (SELECT FROM public.profiles AS p WHERE p.id = ${UID} AND p.is_admin));`,
    shows: [
      ofBob('none'),
      asUser(
        'some',
        `UPDATE public.profiles SET is_admin = true WHERE id = '${ANN}'; SELECT FROM public.notes WHERE user_id = '${BOB}'`,
      ),
    ],
  },
  {
    id: 'supabase-own-name-updated',
    title: 'users update the name in their profile, and not the role that policies ask for',
    grade: 'fine',
    rules: ['policy_reads_writable'],
    sql: `${supabaseNotes} CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users, name text, is_admin boolean NOT NULL DEFAULT false);
      INSERT INTO public.profiles VALUES ('${ANN}', 'Ann'); ${protect('public.profiles')} REVOKE ALL ON public.profiles FROM anon, authenticated; GRANT SELECT, UPDATE (name) ON public.profiles TO authenticated;
      CREATE POLICY own ON public.profiles FOR SELECT TO authenticated USING (id = ${UID}); CREATE POLICY edit ON public.profiles FOR UPDATE TO authenticated USING (id = ${UID});
      CREATE POLICY administrators ON public.notes FOR SELECT TO authenticated USING (EXISTS (SELECT FROM public.profiles AS p WHERE p.id = ${UID} AND p.is_admin));`,
    shows: [asUser('fails', `UPDATE public.profiles SET is_admin = true WHERE id = '${ANN}'`)],
  },
  {
    id: 'supabase-users-in-a-view',
    title: "a view shows all users of the project with its owner's rights",
    grade: 'open',
    rules: ['auth_users_exposed', 'view_bypasses_policies'],
    sql: `${users} CREATE VIEW public.users AS SELECT id, email, raw_user_meta_data FROM auth.users;`,
    shows: [asAnonymous('some', 'SELECT email FROM public.users')],
  },
  {
    id: 'supabase-users-in-a-materialized-view',
    title: 'a materialized view shows all users of the project',
    grade: 'open',
    rules: ['auth_users_exposed', 'materialized_view'],
    sql: `${users} CREATE MATERIALIZED VIEW public.users AS SELECT id, email FROM auth.users;`,
    shows: [asAnonymous('some', 'SELECT email FROM public.users')],
  },
  {
    id: 'supabase-users-by-a-function',
    title: "anonymous looks up users by e-mail with a function's rights",
    grade: 'open',
    rules: ['definer_trusts_caller', 'auth_users_exposed'],
    sql: `${users} CREATE FUNCTION public.user_by_email(address text) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER ${SAFE_PATH} AS 'SELECT id FROM auth.users WHERE email = address';`,
    shows: [asAnonymous('some', `SELECT FROM public.user_by_email('bob@example.com')`)],
  },
  {
    id: 'supabase-me-in-a-view',
    title: 'a view shows the caller their own user, behind a barrier',
    grade: 'closed',
    sql: `${users} CREATE VIEW public.me WITH (security_barrier) AS SELECT id, email FROM auth.users WHERE id = auth.uid(); REVOKE ALL ON public.me FROM anon, authenticated; GRANT SELECT ON public.me TO authenticated;`,
    shows: [asUser('some', 'SELECT FROM public.me'), asUser('none', `SELECT FROM public.me WHERE id = '${BOB}'`)],
  },
  {
    id: 'supabase-users-of-the-caller',
    title: "a view of users has the caller's rights, who may not read them",
    grade: 'closed',
    rules: ['auth_users_exposed'],
    sql: `${users} CREATE VIEW public.users WITH (security_invoker) AS SELECT id, email FROM auth.users;`,
    shows: [asUser('fails', 'SELECT FROM public.users')],
  },
  {
    id: 'supabase-any-administrator-will-do',
    title: 'a policy reads the users of the project, which the role may not: every request fails',
    grade: 'slow',
    rules: ['failing_policy', 'unscoped_column'],
    sql: notesBy(`EXISTS (SELECT FROM auth.users AS u WHERE u.raw_app_meta_data ->> 'role' = 'admin')`),
    shows: [ofBob('fails')],
  },
  {
    id: 'supabase-any-administrator-may-be-read',
    title: 'a policy asks whether there is an administrator at all, in a table that the role may read',
    grade: 'open',
    rules: ['unscoped_column', 'public_rows', 'tautology'],
    sql: `${supabaseNotes} CREATE TABLE public.roles (user_id uuid PRIMARY KEY REFERENCES auth.users, role text NOT NULL); INSERT INTO public.roles VALUES ('${BOB}', 'admin'); ${protect('public.roles')}
      REVOKE ALL ON public.roles FROM anon, authenticated; GRANT SELECT ON public.roles TO authenticated; CREATE POLICY see ON public.roles FOR SELECT TO authenticated USING (role = 'admin');
      CREATE POLICY administrators ON public.notes FOR SELECT TO authenticated USING (EXISTS (SELECT FROM public.roles AS r WHERE r.role = 'admin'));`,
    shows: [ofBob('some')],
  },
  {
    id: 'supabase-view-of-the-owner',
    title: "a view with its owner's rights, who passes all policies",
    grade: 'open',
    rules: ['view_bypasses_policies'],
    sql: `${ownNotes} CREATE VIEW public.recent AS SELECT * FROM public.notes ORDER BY id DESC LIMIT 10;`,
    shows: [asAnonymous('some', 'SELECT FROM public.recent')],
  },
  {
    id: 'supabase-view-of-the-caller',
    title: "a view with the caller's rights",
    grade: 'fine',
    sql: `${ownNotes} CREATE VIEW public.recent WITH (security_invoker = on) AS SELECT * FROM public.notes ORDER BY id DESC LIMIT 10;`,
    shows: [
      asAnonymous('none', 'SELECT FROM public.recent'),
      asUser('none', `SELECT FROM public.recent WHERE user_id = '${BOB}'`),
    ],
  },
  {
    id: 'supabase-materialized-rows',
    title: 'a materialized view holds the rows of a table with policies',
    grade: 'open',
    rules: ['materialized_view'],
    sql: `${ownNotes} CREATE MATERIALIZED VIEW public.recent AS SELECT * FROM public.notes;`,
    shows: [asAnonymous('some', 'SELECT FROM public.recent')],
  },
  {
    id: 'supabase-foreign-table',
    title: 'a foreign table is granted by default',
    grade: 'open',
    rules: ['foreign_table'],
    sql: `RESET ROLE; CREATE EXTENSION file_fdw SCHEMA extensions; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
      CREATE FOREIGN TABLE public.versions (line text) SERVER files OPTIONS (filename 'PG_VERSION');`,
    shows: [asAnonymous('some', 'SELECT FROM public.versions')],
  },
  {
    id: 'supabase-definer-revoked-from-anonymous',
    title: 'EXECUTE of a definer function is revoked from anonymous, and PUBLIC still has it',
    grade: 'open',
    rules: ['definer_trusts_caller', 'granted_to_public'],
    sql: `${ownNotes} CREATE FUNCTION public.all_notes() RETURNS SETOF public.notes LANGUAGE sql STABLE SECURITY DEFINER ${SAFE_PATH} AS 'SELECT * FROM public.notes';
      REVOKE EXECUTE ON FUNCTION public.all_notes FROM anon, authenticated;`,
    shows: [asAnonymous('some', 'SELECT FROM public.all_notes()')],
  },
  {
    id: 'supabase-definer-revoked-from-all',
    title: 'EXECUTE of a definer function is revoked from PUBLIC and from the roles of requests',
    grade: 'closed',
    rules: ['definer_trusts_caller'],
    sql: `${ownNotes} CREATE FUNCTION public.all_notes() RETURNS SETOF public.notes LANGUAGE sql STABLE SECURITY DEFINER ${SAFE_PATH} AS 'SELECT * FROM public.notes';
      REVOKE EXECUTE ON FUNCTION public.all_notes FROM PUBLIC, anon, authenticated;`,
    shows: [asAnonymous('fails', 'SELECT FROM public.all_notes()')],
  },
  {
    id: 'supabase-definer-by-default',
    title: 'a definer function deletes the account that its argument names, callable by default',
    grade: 'open',
    rules: ['definer_trusts_caller'],
    sql: `${users} CREATE FUNCTION public.delete_account(account uuid) RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER ${SAFE_PATH} AS $$ BEGIN
        RETURN QUERY DELETE FROM auth.users WHERE id = account RETURNING id; END $$; RESET ROLE; GRANT SELECT, DELETE ON auth.users TO postgres;`,
    shows: [asAnonymous('some', `SELECT FROM public.delete_account('${BOB}')`)],
  },
  {
    id: 'supabase-definer-own-account',
    title: 'a definer function deletes the account of the caller',
    grade: 'fine',
    sql: `${users} CREATE FUNCTION public.delete_account() RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER ${SAFE_PATH} AS $$ BEGIN
        RETURN QUERY DELETE FROM auth.users WHERE id = auth.uid() RETURNING id; END $$; REVOKE EXECUTE ON FUNCTION public.delete_account FROM PUBLIC, anon;`,
    shows: [
      asUser('some', 'SELECT FROM public.delete_account()'),
      asAnonymous('fails', 'SELECT FROM public.delete_account()'),
    ],
  },
  {
    id: 'supabase-new-user',
    title: 'a trigger makes the profile of a new user, with a search path',
    grade: 'fine',
    sql: newUser(`SET search_path = ''`),
    shows: [noEffect],
  },
  {
    id: 'supabase-new-user-without-search-path',
    title:
      'a trigger makes the profile of a new user, without a search path, and no request can create what it would find',
    grade: 'closed',
    rules: ['search_path_not_set', 'trigger_own_rights'],
    sql: newUser(''),
    shows: [noEffect, asUser('fails', 'CREATE TABLE public.planted (id int)')],
  },
  {
    id: 'supabase-uid-for-each-row',
    title: 'the user is read again for each row',
    grade: 'slow',
    rules: ['claim_per_row'],
    sql: `CREATE TABLE public.posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, blocked uuid[] NOT NULL); CREATE INDEX ON public.posts USING gin (blocked);
      INSERT INTO public.posts (blocked) VALUES (ARRAY['${ANN}'::uuid]); ${protect('public.posts')}
      CREATE POLICY see ON public.posts FOR SELECT TO authenticated USING (auth.uid() <> ALL (blocked));`,
    shows: [asUser('none', 'SELECT * FROM public.posts')],
    plan: "current_setting('request.jwt.claims'",
  },
  {
    id: 'supabase-uid-once',
    title: 'the user is read once a statement',
    grade: 'fine',
    sql: `CREATE TABLE public.posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, blocked uuid[] NOT NULL); CREATE INDEX ON public.posts USING gin (blocked);
      INSERT INTO public.posts (blocked) VALUES (ARRAY['${ANN}'::uuid]); ${protect('public.posts')}
      CREATE POLICY see ON public.posts FOR SELECT TO authenticated USING (${UID} <> ALL (blocked));`,
    shows: [asUser('none', 'SELECT * FROM public.posts')],
    plan: '((InitPlan 1).col1 <>',
  },
  {
    id: 'supabase-owner-without-an-index',
    title: 'the column that says whose row it is has no index',
    grade: 'slow',
    rules: ['policy_column_not_indexed'],
    sql: `${ownNotes} DROP INDEX public.notes_user_id_idx;`,
    shows: [ofBob('none')],
  },
  {
    id: 'supabase-teams-of-the-user',
    title: 'rows of the teams of the caller, by a definer function that returns them',
    grade: 'fine',
    sql: `${users} CREATE SCHEMA private; GRANT USAGE ON SCHEMA private TO authenticated;
      CREATE TABLE private.team_members (team_id int, user_id uuid REFERENCES auth.users, PRIMARY KEY (user_id, team_id)); INSERT INTO private.team_members VALUES (1, '${ANN}');
      CREATE FUNCTION private.my_teams() RETURNS SETOF int LANGUAGE sql STABLE SECURITY DEFINER ${SAFE_PATH} AS 'SELECT team_id FROM private.team_members WHERE user_id = auth.uid()';
      CREATE TABLE public.tasks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, team_id int NOT NULL); INSERT INTO public.tasks (team_id) VALUES (1), (2); CREATE INDEX ON public.tasks (team_id);
      ${protect('public.tasks')} CREATE POLICY teams ON public.tasks TO authenticated USING (team_id IN (SELECT private.my_teams()));`,
    shows: [
      asUser('some', 'SELECT FROM public.tasks WHERE team_id = 1'),
      asUser('none', 'SELECT FROM public.tasks WHERE team_id = 2'),
    ],
  },
  {
    id: 'supabase-teams-joined-at-will',
    title: 'users add themselves to any team',
    grade: 'open',
    rules: ['policy_reads_writable', 'always_true'],
    sql: `${users} CREATE TABLE public.team_members (team_id int, user_id uuid REFERENCES auth.users, PRIMARY KEY (user_id, team_id)); ${protect('public.team_members')}
      CREATE POLICY own ON public.team_members FOR SELECT TO authenticated USING (user_id = ${UID}); CREATE POLICY join_team ON public.team_members FOR INSERT TO authenticated WITH CHECK (user_id = ${UID});
      CREATE TABLE public.tasks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, team_id int NOT NULL); INSERT INTO public.tasks (team_id) VALUES (2); CREATE INDEX ON public.tasks (team_id);
      ${protect('public.tasks')} CREATE POLICY teams ON public.tasks FOR SELECT TO authenticated USING (team_id IN (SELECT m.team_id FROM public.team_members AS m WHERE m.user_id = ${UID}));`,
    shows: [asUser('some', `INSERT INTO public.team_members VALUES (2, '${ANN}'); SELECT FROM public.tasks`)],
  },
  {
    id: 'supabase-queue-in-the-api',
    title: 'the tables of a queue have no row security, and an exposed schema leads to them',
    grade: 'open',
    rules: ['rls_disabled'],
    sql: `CREATE SCHEMA pgmq; CREATE SCHEMA pgmq_public; GRANT USAGE ON SCHEMA pgmq, pgmq_public TO authenticated; CREATE TABLE pgmq.q_jobs (msg_id bigint PRIMARY KEY, message jsonb); INSERT INTO pgmq.q_jobs VALUES (1, '{}');
      GRANT SELECT, DELETE ON pgmq.q_jobs TO authenticated; CREATE FUNCTION pgmq_public.pop() RETURNS SETOF pgmq.q_jobs LANGUAGE sql ${SAFE_PATH} AS 'DELETE FROM pgmq.q_jobs RETURNING *';
      RESET ROLE; ALTER ROLE authenticator SET pgrst.db_schemas = 'public, pgmq_public';`,
    undo: 'ALTER ROLE authenticator RESET pgrst.db_schemas',
    shows: [asUser('some', 'SELECT FROM pgmq_public.pop()')],
  },
  {
    id: 'supabase-restrictive-for-anonymous-users',
    title: 'a restrictive policy keeps users who signed in without an account from writing',
    grade: 'fine',
    sql: `${ownNotes} CREATE POLICY with_account ON public.notes AS RESTRICTIVE FOR INSERT TO authenticated WITH CHECK ((SELECT (auth.jwt() ->> 'is_anonymous')::boolean) IS FALSE);`,
    shows: [asUser('fails', `INSERT INTO public.notes (user_id, body) VALUES ('${ANN}', 'x')`, { is_anonymous: true })],
  },
  {
    id: 'supabase-realtime-without-row-security',
    title: 'a table without row security is sent to subscribers',
    grade: 'open',
    rules: ['published', 'rls_disabled'],
    sql: `CREATE TABLE public.messages (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room_id uuid, body text); INSERT INTO public.messages (body) VALUES ('x'); ALTER PUBLICATION supabase_realtime ADD TABLE public.messages;`,
    shows: [asAnonymous('some', 'SELECT FROM public.messages')],
  },
  {
    id: 'supabase-realtime-with-policies',
    title: 'a table with policies is sent to subscribers, each of whom gets what policies show',
    grade: 'fine',
    rules: ['published'],
    sql: `${ownNotes} ALTER PUBLICATION supabase_realtime ADD TABLE public.notes;`,
    shows: [ofBob('none')],
  },
  {
    id: 'supabase-default-of-public-functions',
    title: 'anonymous may call a function that reads a table with policies as the caller',
    grade: 'closed',
    sql: `${ownNotes} CREATE FUNCTION public.count_notes() RETURNS bigint LANGUAGE sql STABLE ${SAFE_PATH} AS 'SELECT nullif(count(*), 0) FROM public.notes';`,
    shows: [asAnonymous('none', 'SELECT FROM public.count_notes() AS n WHERE n IS NOT NULL')],
  },
]);
