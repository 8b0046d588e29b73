import { casesOn, type Case } from './case.ts';
import {
  ANN,
  asAnn,
  asAnonymous,
  asUser,
  BOB,
  claim,
  notes,
  openNotes,
  ownNotes,
  protect,
  SUB,
  supabaseNotes,
  users,
} from './snippets.ts';

/** Teams red (ann) and blue (bob), in a table whose rows only their user reads. */
const teams = `
  CREATE TABLE api.memberships (team_id text, user_id text, PRIMARY KEY (user_id, team_id));
  INSERT INTO api.memberships VALUES ('red', 'ann'), ('blue', 'bob');
  ${protect('api.memberships')}
  GRANT SELECT ON api.memberships TO member;
  CREATE POLICY own ON api.memberships FOR SELECT TO member USING (user_id = ${SUB});`;

/** Notes that the member may not reach: only the owner, by functions and views. */
const hiddenNotes = `${openNotes} ALTER TABLE api.notes SET SCHEMA private;`;

/** Changes rows past the policies that bind their owner. */
const already = (sql: string) => `RESET ROLE; ${sql}; SET LOCAL ROLE owner;`;

const LONG = 'übermäßig_lange_namen_für_tabellen_mit_mandanten_und_zeiten';

/** Databases of kinds that the rules were not written from: requests reach more than is meant, or are slow, or fail. */
export const heldOutOpen: readonly Case[] = [
  ...casesOn('postgrest', [
    {
      id: 'column-of-the-inner-table',
      title: 'the name of the outer column means a column of the sub-select: any membership will do',
      grade: 'open',
      rules: ['tautology', 'unscoped_column'],
      sql: `${teams}
        CREATE TABLE api.pages (id int PRIMARY KEY, team_id text NOT NULL, body text);
        INSERT INTO api.pages VALUES (1, 'red', 'r'), (2, 'blue', 'b');
        CREATE INDEX ON api.pages (team_id); ${protect('api.pages')}
        GRANT SELECT ON api.pages TO member;
        CREATE POLICY team ON api.pages TO member USING (
          EXISTS (SELECT FROM api.memberships m WHERE m.user_id = ${SUB} AND m.team_id = team_id));`,
      shows: [asAnn('some', `SELECT FROM api.pages WHERE team_id = 'blue'`)],
    },
    {
      id: 'invitations-of-oneself',
      title: 'who is invited may join, and everybody may invite',
      grade: 'open',
      rules: ['policy_reads_writable'],
      sql: `${teams}
        CREATE TABLE api.invitations (team_id text, invited text, PRIMARY KEY (invited, team_id));
        ${protect('api.invitations')}
        GRANT SELECT, INSERT ON api.invitations TO member; GRANT INSERT ON api.memberships TO member;
        CREATE POLICY own ON api.invitations FOR SELECT TO member USING (invited = ${SUB});
        CREATE POLICY invite ON api.invitations FOR INSERT TO member WITH CHECK (${SUB} IS NOT NULL);
        CREATE POLICY join_team ON api.memberships FOR INSERT TO member WITH CHECK (user_id = ${SUB}
          AND EXISTS (SELECT FROM api.invitations i WHERE i.team_id = memberships.team_id AND i.invited = ${SUB}));`,
      shows: [
        asAnn(
          'some',
          `INSERT INTO api.invitations VALUES ('blue', 'ann'); INSERT INTO api.memberships VALUES ('blue', 'ann')`,
        ),
      ],
    },
    {
      id: 'trash-of-all',
      title: 'deleted rows are shown to every member, for the page that restores them',
      grade: 'open',
      rules: ['unscoped_column', 'condition_undone', 'public_rows'],
      sql: `${notes} ALTER TABLE api.notes ADD deleted_at timestamptz; ${already(`UPDATE api.notes SET deleted_at = now()`)}
        GRANT SELECT, UPDATE ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB} AND deleted_at IS NULL);
        CREATE POLICY trash ON api.notes FOR SELECT TO member USING (deleted_at IS NOT NULL);`,
      shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
    },
    {
      id: 'drafts-edited-by-all',
      title: 'a policy lets every member edit and take drafts, whoever wrote them',
      grade: 'open',
      rules: ['unscoped_column', 'check_wider', 'always_true'],
      sql: `${ownNotes} ALTER TABLE api.notes ADD status text DEFAULT 'draft' NOT NULL;
        CREATE POLICY drafts ON api.notes TO member USING (status = 'draft');`,
      shows: [asAnn('some', `UPDATE api.notes SET user_id = 'ann' WHERE user_id = 'bob'`)],
    },
    {
      id: 'log-in-the-name-of-others',
      title: 'members write the log of what was done, in the name of anybody',
      grade: 'open',
      rules: ['always_true'],
      sql: `CREATE TABLE api.events (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, actor_id text NOT NULL, action text);
        ${protect('api.events')} GRANT INSERT (actor_id, action) ON api.events TO member;
        CREATE POLICY log ON api.events FOR INSERT TO member WITH CHECK (true);`,
      shows: [asAnn('some', `INSERT INTO api.events (actor_id, action) VALUES ('bob', 'pays')`)],
    },
    {
      id: 'log-of-all-rows',
      title: 'the log copies rows that policies keep apart, and every member reads it',
      grade: 'open',
      rules: ['public_rows'],
      sql: `${ownNotes}
        CREATE TABLE api.history (id int PRIMARY KEY, user_id text, old jsonb); ${protect('api.history')}
        ${already(`INSERT INTO api.history VALUES (1, 'bob', '{"body":"secret"}')`)} GRANT SELECT ON api.history TO member;
        CREATE POLICY history ON api.history FOR SELECT TO member USING (true);`,
      shows: [asAnn('some', `SELECT FROM api.history WHERE user_id = 'bob'`)],
    },
    {
      id: 'issuer-is-enough',
      title: 'asks only who signed the token, which is the same for all tenants',
      grade: 'open',
      rules: ['unscoped_column'],
      sql: `${notes} GRANT SELECT ON api.notes TO member;
        CREATE POLICY signed ON api.notes FOR SELECT TO member USING (${claim('iss')} = 'https://securetoken.google.com/app');`,
      shows: [
        asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`, { iss: 'https://securetoken.google.com/app' }),
      ],
    },
    {
      id: 'list-of-tenants-as-text',
      title: 'the tenant is looked for in the text of a list, where a longer name holds it too',
      grade: 'open',
      rules: ['claim_as_pattern'],
      sql: `${notes} ${already(`UPDATE api.notes SET user_id = 'acme' WHERE id = 2`)} GRANT SELECT ON api.notes TO member;
        CREATE POLICY tenants ON api.notes FOR SELECT TO member USING (${claim('tenants')} LIKE '%' || user_id || '%');`,
      shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'acme'`, { tenants: ['acme-two'] })],
    },
    {
      id: 'tenant-by-position',
      title: 'the tenant is looked for by its position in the text of a claim',
      grade: 'open',
      rules: ['claim_as_pattern'],
      sql: `${notes} ${already(`UPDATE api.notes SET user_id = 'acme' WHERE id = 2`)} GRANT SELECT ON api.notes TO member;
        CREATE POLICY tenants ON api.notes FOR SELECT TO member USING (strpos(${claim('tenants')}, user_id) > 0);`,
      shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'acme'`, { tenants: 'acme-two' })],
    },
    {
      id: 'hierarchy-upside-down',
      title: 'members inherit the role of administrators, where it should be the other way round',
      grade: 'open',
      rules: ['condition_undone', 'always_true', 'public_rows'],
      sql: `RESET ROLE; CREATE ROLE "Chef ""Ops""" NOLOGIN; GRANT "Chef ""Ops""" TO member; GRANT USAGE ON SCHEMA api TO "Chef ""Ops""";
        ALTER ROLE "Chef ""Ops""" SET statement_timeout = '5s'; SET LOCAL ROLE owner;
        ${notes} GRANT SELECT ON api.notes TO member, "Chef ""Ops""";
        CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});
        CREATE POLICY "all, for ""Ops""" ON api.notes TO "Chef ""Ops""" USING (true);`,
      undo: 'DROP ROLE "Chef ""Ops"""',
      shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
    },
    {
      id: 'sums-of-all-tenants',
      title: "a report sums the rows of all tenants with its owner's rights",
      grade: 'open',
      rules: ['view_bypasses_policies'],
      sql: `${openNotes} ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});
        CREATE VIEW api."Bericht: ""Summen""" WITH (security_invoker = no) AS
          SELECT user_id, count(*) AS "n.o" FROM api.notes GROUP BY user_id;
        GRANT SELECT ON api."Bericht: ""Summen""" TO member;`,
      shows: [asAnn('some', `SELECT FROM api."Bericht: ""Summen""" WHERE user_id = 'bob'`)],
    },
    {
      id: 'tenants-joined-in-a-view',
      title: 'each tenant has a schema of its own, and a view shows both',
      grade: 'open',
      rules: ['view_bypasses_policies'],
      sql: `CREATE SCHEMA "tenant.a"; CREATE SCHEMA "tenant.b";
        CREATE TABLE "tenant.a".orders (id int PRIMARY KEY, customer_id text); CREATE TABLE "tenant.b".orders (LIKE "tenant.a".orders INCLUDING ALL);
        INSERT INTO "tenant.b".orders VALUES (1, 'bob'); ${protect('"tenant.a".orders')} ${protect('"tenant.b".orders')}
        CREATE POLICY owner ON "tenant.a".orders TO owner USING (true); CREATE POLICY owner ON "tenant.b".orders TO owner USING (true);
        CREATE VIEW api.orders AS SELECT 'a' AS tenant, * FROM "tenant.a".orders UNION ALL SELECT 'b', * FROM "tenant.b".orders;
        GRANT SELECT ON api.orders TO member;`,
      shows: [asAnn('some', `SELECT FROM api.orders WHERE tenant = 'b'`)],
    },
    {
      id: 'secret-in-a-generated-column',
      title: 'a generated column for the search holds what is not granted',
      grade: 'open',
      rules: ['sensitive_column'],
      sql: `CREATE TABLE api.people (id int PRIMARY KEY, name text, ssn text, search text GENERATED ALWAYS AS (name || ' ' || ssn) STORED);
        INSERT INTO api.people VALUES (1, 'Bob', '078-05-1120'); ${protect('api.people')}
        GRANT SELECT (id, name, search) ON api.people TO anon; CREATE POLICY directory ON api.people FOR SELECT TO anon USING (true);`,
      shows: [asAnonymous('some', `SELECT search FROM api.people WHERE search LIKE '%078-05-1120'`)],
    },
    {
      id: 'hidden-definer-by-a-view',
      title: 'a view calls a definer function of a schema that nobody may use',
      grade: 'open',
      rules: ['definer_trusts_caller', 'view_bypasses_policies'],
      sql: `${hiddenNotes}
        CREATE FUNCTION private.all_notes() RETURNS SETOF private.notes STABLE SECURITY DEFINER SET search_path = ''
          LANGUAGE sql AS 'SELECT * FROM private.notes';
        CREATE POLICY owner ON private.notes TO owner USING (true);
        GRANT EXECUTE ON FUNCTION private.all_notes() TO anon;
        CREATE VIEW api.feed WITH (security_invoker) AS SELECT * FROM private.all_notes(); GRANT SELECT ON api.feed TO anon;`,
      shows: [asAnonymous('some', 'SELECT FROM api.feed')],
    },
    {
      id: 'hidden-definer-by-an-atomic-body',
      title: 'a parsed body calls a definer function of a schema that nobody may use',
      grade: 'open',
      rules: ['definer_trusts_caller'],
      sql: `${hiddenNotes}
        CREATE FUNCTION private.notes_of(who text) RETURNS SETOF private.notes STABLE SECURITY DEFINER SET search_path = ''
          LANGUAGE sql AS 'SELECT * FROM private.notes WHERE user_id = who';
        GRANT EXECUTE ON FUNCTION private.notes_of(text) TO member;
        CREATE FUNCTION api.notes_of(who text) RETURNS SETOF text STABLE LANGUAGE sql
          BEGIN ATOMIC SELECT body FROM private.notes_of(who); END;
        GRANT EXECUTE ON FUNCTION api.notes_of(text) TO member;`,
      shows: [asAnn('some', `SELECT api.notes_of('bob')`)],
    },
    {
      id: 'claim-as-default-argument',
      title: 'whose rows a definer function returns is the claim by default, and any other argument on request',
      grade: 'open',
      rules: ['definer_trusts_caller'],
      sql: `${hiddenNotes}
        CREATE FUNCTION api.my_notes(who text DEFAULT (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub'))
          RETURNS SETOF text STABLE SECURITY DEFINER SET search_path = '' LANGUAGE sql AS 'SELECT body FROM private.notes WHERE user_id = who';
        GRANT EXECUTE ON FUNCTION api.my_notes(text) TO member;`,
      shows: [asAnn('some', `SELECT api.my_notes('bob')`)],
    },
    {
      id: 'argument-or-claim',
      title: 'a definer function takes the claim only where the argument is missing',
      grade: 'open',
      rules: ['definer_trusts_caller'],
      sql: `${hiddenNotes}
        CREATE FUNCTION api.notes_for(who text DEFAULT NULL) RETURNS SETOF text STABLE SECURITY DEFINER SET search_path = ''
          LANGUAGE sql AS $$SELECT body FROM private.notes
            WHERE user_id = coalesce(who, current_setting('request.jwt.claims', true)::json ->> 'sub')$$;
        GRANT EXECUTE ON FUNCTION api.notes_for(text) TO member;`,
      shows: [asAnn('some', `SELECT api.notes_for('bob')`)],
    },
    {
      id: 'any-claim-and-an-argument',
      title: 'a definer function asks only that there is a subject, and returns the rows of its argument',
      grade: 'open',
      rules: ['definer_trusts_caller'],
      sql: `${hiddenNotes}
        CREATE FUNCTION api.notes_for(who text) RETURNS SETOF text STABLE SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$
          BEGIN
            IF current_setting('request.jwt.claims', true)::json ->> 'sub' IS NULL THEN RAISE insufficient_privilege; END IF;
            RETURN QUERY SELECT body FROM private.notes WHERE user_id = who;
          END $$;
        GRANT EXECUTE ON FUNCTION api.notes_for(text) TO member;`,
      shows: [asAnn('some', `SELECT api.notes_for('bob')`)],
    },
    {
      id: 'missing-claim-is-no-other',
      title: 'a definer function raises an error if the claim is another, which a missing claim is not',
      grade: 'open',
      rules: ['definer_trusts_caller', 'anonymous_passes'],
      sql: `${hiddenNotes}
        CREATE FUNCTION api.erase(who text) RETURNS SETOF text SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$
          BEGIN
            IF current_setting('request.jwt.claims', true)::json ->> 'sub' <> who THEN RAISE insufficient_privilege; END IF;
            RETURN QUERY DELETE FROM private.notes WHERE user_id = who RETURNING body;
          END $$;
        GRANT EXECUTE ON FUNCTION api.erase(text) TO anon, member;`,
      shows: [asAnonymous('some', `SELECT api.erase('bob')`), asAnn('fails', `SELECT api.erase('bob')`)],
    },
    {
      id: 'order-joined-into-sql',
      title: 'the claim is quoted, and the order that the caller names is not',
      grade: 'open',
      rules: ['definer_dynamic_sql'],
      sql: `${hiddenNotes}
        CREATE FUNCTION api.my_notes("Sort.by" text) RETURNS SETOF text SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$
          BEGIN RETURN QUERY EXECUTE 'SELECT body FROM private.notes WHERE user_id = '
            || quote_literal(current_setting('request.jwt.claims', true)::json ->> 'sub') || ' ORDER BY ' || "Sort.by"; END $$;
        GRANT EXECUTE ON FUNCTION api.my_notes(text) TO member;`,
      shows: [asAnn('fails', `SELECT api.my_notes('(SELECT 1/0 FROM private.notes WHERE user_id = ''bob'')')`)],
    },
    {
      id: 'tenant-set-by-request',
      title: 'a function sets the tenant that policies ask for to what the caller names',
      grade: 'open',
      rules: ['fixed_identity', 'user_writable_claim', 'weakening_setting', 'setting_required'],
      sql: `${notes} GRANT SELECT ON api.notes TO member;
        CREATE POLICY tenant ON api.notes TO member USING (user_id = (SELECT current_setting('app.tenant', true)));
        CREATE FUNCTION api.set_tenant(tenant text) RETURNS text LANGUAGE sql AS $$SELECT set_config('app.tenant', tenant, false)$$;
        GRANT EXECUTE ON FUNCTION api.set_tenant(text) TO member;`,
      shows: [asAnn('some', `SELECT api.set_tenant('bob'); SELECT FROM api.notes WHERE user_id = 'bob'`)],
    },
    {
      id: 'tenant-by-unchecked-header',
      title: 'the pre-request function takes the tenant from a header, and does not ask for a membership',
      grade: 'open',
      rules: ['user_writable_claim'],
      sql: `${notes} GRANT SELECT ON api.notes TO member;
        CREATE POLICY tenant ON api.notes TO member USING (user_id = (SELECT current_setting('app.tenant', true)));
        CREATE FUNCTION api.pre_request() RETURNS void LANGUAGE sql AS $$
          SELECT set_config('app.tenant', current_setting('request.headers', true)::json ->> 'x-tenant', true)$$;
        GRANT EXECUTE ON FUNCTION api.pre_request() TO anon, member;
        RESET ROLE; ALTER ROLE authenticator SET pgrst.db_pre_request = 'api.pre_request';`,
      undo: 'ALTER ROLE authenticator RESET pgrst.db_pre_request',
      shows: [
        asAnn(
          'some',
          `SELECT set_config('request.headers', '{"x-tenant":"bob"}', true); SELECT api.pre_request(); SELECT FROM api.notes WHERE user_id = 'bob'`,
        ),
      ],
    },
    {
      id: 'path-says-what',
      title: 'the path of the request says whether all rows are shown',
      grade: 'open',
      rules: ['user_writable_claim', 'unscoped_column'],
      sql: `${notes} GRANT SELECT ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB} OR (SELECT current_setting('request.path', true)) = '/report');`,
      shows: [
        asAnn(
          'some',
          `SELECT set_config('request.path', '/report', true); SELECT FROM api.notes WHERE user_id = 'bob'`,
        ),
      ],
    },
    {
      id: 'shared-with-everybody-at-once',
      title: 'who has no token sees every shared row, with the secret of its link',
      grade: 'open',
      rules: ['unscoped_column', 'sensitive_column', 'public_rows', 'anonymous_passes'],
      sql: `${ownNotes} ALTER TABLE api.notes ADD share_token text; ${already(`UPDATE api.notes SET share_token = 'f3a9' WHERE id = 2`)}
        GRANT SELECT ON api.notes TO anon;
        CREATE POLICY shared ON api.notes FOR SELECT TO anon USING (share_token IS NOT NULL);`,
      shows: [asAnonymous('some', 'SELECT share_token FROM api.notes')],
    },
    {
      id: 'messages-into-any-room',
      title: 'messages are read by the members of a room, and sent into any room',
      grade: 'open',
      rules: ['check_wider'],
      sql: `${teams}
        CREATE TABLE api.messages (id int PRIMARY KEY, team_id text NOT NULL, sender_id text NOT NULL, body text);
        CREATE INDEX ON api.messages (team_id); CREATE INDEX ON api.messages (sender_id); ${protect('api.messages')}
        GRANT SELECT, INSERT ON api.messages TO member;
        CREATE POLICY read ON api.messages FOR SELECT TO member
          USING (team_id IN (SELECT m.team_id FROM api.memberships m WHERE m.user_id = ${SUB}));
        CREATE POLICY send ON api.messages FOR INSERT TO member WITH CHECK (sender_id = ${SUB});`,
      shows: [asAnn('some', `INSERT INTO api.messages VALUES (1, 'blue', 'ann', 'spam')`)],
    },
    {
      id: 'domain-of-the-e-mail',
      title: 'the tenant is the domain of an e-mail address, which nobody may have confirmed',
      grade: 'open',
      rules: ['email_claim'],
      sql: `${notes} ${already(`UPDATE api.notes SET user_id = 'acme.com' WHERE id = 2`)} GRANT SELECT ON api.notes TO member;
        CREATE POLICY company ON api.notes FOR SELECT TO member USING (user_id = split_part(${claim('email')}, '@', 2));`,
      shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'acme.com'`, { email: 'ann@acme.com' })],
    },
    {
      id: 'preferred-name-says-who',
      title: 'rows belong to a name that users of Keycloak may change',
      grade: 'open',
      rules: ['user_writable_claim', 'email_claim'],
      sql: `${notes} GRANT SELECT ON api.notes TO member;
        CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${claim('preferred_username')});`,
      shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`, { preferred_username: 'bob' })],
    },
    {
      id: 'hidden-deny-list',
      title: 'the blocked are those of a list that they may not read: nobody is blocked',
      grade: 'open',
      rules: ['unscoped_column', 'public_rows', 'tautology', 'dead_policy', 'failing_policy'],
      sql: `CREATE TABLE api.blocks (blocker text, blocked text, PRIMARY KEY (blocker, blocked)); INSERT INTO api.blocks VALUES ('bob', 'ann');
        ${protect('api.blocks')} GRANT SELECT ON api.blocks TO member;
        CREATE POLICY own ON api.blocks FOR SELECT TO member USING (blocker = ${SUB});
        ${notes} GRANT SELECT ON api.notes TO member;
        CREATE POLICY not_blocked ON api.notes FOR SELECT TO member USING (
          NOT EXISTS (SELECT FROM api.blocks b WHERE b.blocker = notes.user_id AND b.blocked = ${SUB}));`,
      shows: [asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`)],
    },
    {
      id: 'restrictive-for-reads-only',
      title: 'the tenant restricts reads only, and every row may be written by a policy that is true',
      grade: 'open',
      rules: ['always_true', 'check_wider'],
      sql: `${notes} GRANT SELECT, INSERT, UPDATE, DELETE ON api.notes TO member;
        CREATE POLICY "allow ""all"".rows; --" ON api.notes TO member USING (true);
        CREATE POLICY tenant ON api.notes AS RESTRICTIVE FOR SELECT TO member USING (user_id = ${SUB});`,
      shows: [
        asAnn('some', `INSERT INTO api.notes VALUES (9, 'bob', 'forged')`),
        asAnn('some', 'DELETE FROM api.notes'),
      ],
    },
    {
      id: 'view-with-a-trusting-trigger',
      title: 'a trigger writes what is inserted into a view, in the name of anybody',
      grade: 'open',
      rules: ['view_writable', 'trigger_own_rights', 'definer_trusts_caller', 'view_bypasses_policies'],
      sql: `${hiddenNotes} ALTER TABLE private.notes NO FORCE ROW LEVEL SECURITY;
        CREATE VIEW api.notes WITH (security_barrier) AS SELECT * FROM private.notes WHERE user_id = ${SUB};
        CREATE FUNCTION private.write() RETURNS trigger SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$
          BEGIN INSERT INTO private.notes VALUES (NEW.id, NEW.user_id, NEW.body); RETURN NEW; END $$;
        CREATE TRIGGER write INSTEAD OF INSERT ON api.notes FOR EACH ROW EXECUTE FUNCTION private.write();
        GRANT SELECT, INSERT ON api.notes TO member;`,
      shows: [asAnn('some', `INSERT INTO api.notes VALUES (7, 'bob', 'forged')`)],
    },
    {
      id: 'backup-before-a-migration',
      title: 'a copy made before a migration, with the grants by default and without row security',
      grade: 'open',
      rules: ['rls_disabled', 'default_privileges'],
      sql: `${ownNotes} ALTER DEFAULT PRIVILEGES IN SCHEMA api GRANT SELECT ON TABLES TO member;
        RESET ROLE; CREATE TABLE api."${LONG}" AS SELECT * FROM api.notes; ALTER TABLE api."${LONG}" OWNER TO owner; GRANT SELECT ON api."${LONG}" TO member;`,
      shows: [asAnn('some', `SELECT FROM api."${LONG}" WHERE user_id = 'bob'`)],
    },
    {
      id: 'partition-of-a-partition',
      title: 'a partition of a partition is granted by its own name, without row security',
      grade: 'open',
      rules: ['rls_disabled', 'inherits'],
      sql: `CREATE TABLE api."Logs" (user_id text NOT NULL, day date NOT NULL, "Größe" int) PARTITION BY RANGE (day);
        CREATE TABLE api."Logs 2026" PARTITION OF api."Logs" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (user_id);
        CREATE TABLE api."Logs 2026.b" PARTITION OF api."Logs 2026" DEFAULT; CREATE INDEX ON api."Logs" (user_id);
        INSERT INTO api."Logs" VALUES ('bob', '2026-02-02', 1); ${protect('api."Logs"')} ${protect('api."Logs 2026"')}
        GRANT SELECT ON ALL TABLES IN SCHEMA api TO member;
        CREATE POLICY own ON api."Logs" TO member USING (user_id = ${SUB});`,
      shows: [
        asAnn('some', `SELECT FROM api."Logs 2026.b"`),
        asAnn('none', `SELECT FROM api."Logs" WHERE user_id = 'bob'`),
      ],
    },
    {
      id: 'unique-by-an-expression',
      title: 'an address is unique across tenants by an index on its lower case',
      grade: 'open',
      rules: ['unique_reveals'],
      sql: `CREATE TABLE api.customers (id int PRIMARY KEY, tenant_id text NOT NULL, email text NOT NULL, deleted_at timestamptz);
        INSERT INTO api.customers VALUES (1, 'blue', 'Eve@example.com'); CREATE INDEX ON api.customers (tenant_id);
        CREATE UNIQUE INDEX ON api.customers (lower(email)) WHERE deleted_at IS NULL; ${protect('api.customers')}
        GRANT SELECT, INSERT ON api.customers TO member;
        CREATE POLICY tenant ON api.customers TO member USING (tenant_id = ${claim('tenant')});`,
      shows: [asAnn('fails', `INSERT INTO api.customers VALUES (2, 'red', 'eve@example.com')`, { tenant: 'red' })],
    },
    {
      id: 'hostile-schema-exposed',
      title: 'a second schema with a dot in its name is exposed, with a table without row security',
      grade: 'open',
      rules: ['rls_disabled'],
      sql: `CREATE SCHEMA "Süd.West"; GRANT USAGE ON SCHEMA "Süd.West" TO member;
        CREATE TABLE "Süd.West"."Ta'b""le" ("user.id" text, "käse" int); INSERT INTO "Süd.West"."Ta'b""le" VALUES ('bob', 1);
        GRANT SELECT, INSERT ON "Süd.West"."Ta'b""le" TO member;
        RESET ROLE; ALTER ROLE authenticator SET pgrst.db_schemas = 'api,Süd.West';`,
      undo: `ALTER ROLE authenticator SET pgrst.db_schemas = 'api'`,
      shows: [asAnn('some', `SELECT FROM "Süd.West"."Ta'b""le" WHERE "user.id" = 'bob'`)],
    },
    {
      id: 'seeds-for-anonymous',
      title: 'a public directory with keys in the style of JavaScript',
      grade: 'open',
      rules: ['sensitive_column'],
      sql: `CREATE TABLE api.shops (id int PRIMARY KEY, name text, "stripeSecretKey" text); INSERT INTO api.shops VALUES (1, 'Bob''s', 'sk');
        ${protect('api.shops')} GRANT SELECT ON api.shops TO anon; CREATE POLICY directory ON api.shops FOR SELECT TO anon USING (true);`,
      shows: [asAnonymous('some', 'SELECT "stripeSecretKey" FROM api.shops')],
    },
    {
      id: 'second-factor-of-members',
      title: 'each member reads the seeds of the second factor of all',
      grade: 'open',
      rules: ['sensitive_column'],
      sql: `CREATE TABLE api.accounts (id int PRIMARY KEY, name text, totp_seed text, recovery_codes text[]); INSERT INTO api.accounts VALUES (1, 'bob', 'JBSW', '{1}');
        ${protect('api.accounts')} GRANT SELECT ON api.accounts TO member; CREATE POLICY directory ON api.accounts FOR SELECT TO member USING (true);`,
      shows: [asAnn('some', 'SELECT totp_seed FROM api.accounts')],
    },
    {
      id: 'helper-with-a-setting-of-its-own',
      title: 'a helper with a search path cannot be inlined: the claims are parsed for each row',
      grade: 'slow',
      rules: ['claim_per_row'],
      sql: `CREATE FUNCTION private."who am i"() RETURNS text STABLE SET search_path = '' LANGUAGE sql AS $$
          SELECT current_setting('request.jwt.claims', true)::json ->> 'sub'$$;
        GRANT USAGE ON SCHEMA private TO member; GRANT EXECUTE ON FUNCTION private."who am i"() TO member;
        ${notes} GRANT SELECT ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id = private."who am i"());`,
    },
    {
      id: 'owner-with-a-default',
      title: 'the owner is compared through coalesce, which its index does not serve',
      grade: 'slow',
      rules: ['column_cast', 'policy_column_not_indexed'],
      sql: `${notes} GRANT SELECT ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (coalesce(user_id, 'nobody') = ${SUB});`,
    },
    {
      id: 'owner-with-a-prefix',
      title: 'a prefix is joined to the owner instead of taken from the claim',
      grade: 'slow',
      rules: ['column_cast', 'policy_column_not_indexed'],
      sql: `${notes} GRANT SELECT ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING ('user:' || user_id = ${SUB});`,
    },
    {
      id: 'second-owner-without-an-index',
      title: 'a row belongs to its owner or its assignee, and the latter has no index',
      grade: 'slow',
      rules: ['policy_column_not_indexed'],
      sql: `${notes} ALTER TABLE api.notes ADD assignee_id text; GRANT SELECT ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB} OR assignee_id = ${SUB});`,
    },
    {
      id: 'index-that-is-not-valid',
      title: 'the index of the owner was never finished, so that no query uses it',
      grade: 'slow',
      rules: ['policy_column_not_indexed'],
      sql: `${ownNotes} RESET ROLE; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'api.notes_user_id_idx'::regclass;`,
    },
    {
      id: 'index-of-another-collation',
      title: 'the index of the owner is sorted by another collation than the comparison asks for',
      grade: 'slow',
      rules: ['policy_column_not_indexed'],
      sql: `CREATE TABLE api.notes (id int PRIMARY KEY, user_id text COLLATE "C" NOT NULL); CREATE INDEX ON api.notes (user_id COLLATE "POSIX");
        ${protect('api.notes')} GRANT SELECT ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB} COLLATE "C");`,
    },
    {
      id: 'owner-only-included',
      title: 'the index holds the owner only as payload',
      grade: 'slow',
      rules: ['policy_column_not_indexed'],
      sql: `CREATE TABLE api.notes (id int, user_id text NOT NULL); CREATE UNIQUE INDEX ON api.notes (id) INCLUDE (user_id);
        ${protect('api.notes')} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});`,
    },
    {
      id: 'soft-delete-rejected',
      title: 'a row that is marked deleted is seen no more, so that marking it fails',
      grade: 'slow',
      rules: ['failing_policy', 'update_without_select'],
      sql: `${notes} ALTER TABLE api.notes ADD deleted_at timestamptz; GRANT SELECT, UPDATE ON api.notes TO member;
        CREATE POLICY "read" ON api.notes FOR SELECT TO member USING (user_id = ${SUB} AND deleted_at IS NULL);
        CREATE POLICY "write" ON api.notes FOR UPDATE TO member USING (user_id = ${SUB});`,
      shows: [asAnn('fails', `UPDATE api.notes SET deleted_at = now() WHERE id = 1`)],
    },
    {
      id: 'serial-without-its-sequence',
      title: 'members may insert, and not use the sequence of the key: every insert fails',
      grade: 'slow',
      rules: ['failing_policy', 'sequence_granted'],
      sql: `CREATE TABLE api.notes (id serial PRIMARY KEY, user_id text NOT NULL); CREATE INDEX ON api.notes (user_id); ${protect('api.notes')}
        GRANT SELECT, INSERT ON api.notes TO member; CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});`,
      shows: [asAnn('fails', `INSERT INTO api.notes (user_id) VALUES ('ann')`)],
    },
  ]),
  ...casesOn('supabase', [
    {
      id: 'supabase-role-of-the-sign-up',
      title: 'the profile of a new user takes its role from what the user sends on signing up',
      grade: 'open',
      rules: ['user_writable_claim'],
      sql: `CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE, role text NOT NULL);
        ${protect('public.profiles')} CREATE POLICY own ON public.profiles FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
        CREATE FUNCTION public.handle_new_user() RETURNS trigger SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$
          BEGIN INSERT INTO public.profiles VALUES (NEW.id, coalesce(NEW.raw_user_meta_data ->> 'role', 'user')); RETURN NEW; END $$;
        CREATE TABLE public.invoices (id bigint PRIMARY KEY, amount int); ${protect('public.invoices')}
        INSERT INTO public.invoices VALUES (1, 1);
        CREATE POLICY administrators ON public.invoices FOR SELECT TO authenticated USING (
          EXISTS (SELECT FROM public.profiles p WHERE p.id = (SELECT auth.uid()) AND p.role = 'admin'));
        RESET ROLE; CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
        INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES ('${ANN}', 'ann@example.com', '{"role":"admin"}');`,
      shows: [asUser('some', 'SELECT FROM public.invoices')],
    },
    {
      id: 'supabase-invitations-for-all',
      title: 'anonymous reads all invitations, with addresses and tokens, for the page that accepts one',
      grade: 'open',
      rules: ['sensitive_column', 'public_rows'],
      sql: `CREATE TABLE public.invitations (id bigint PRIMARY KEY, org_id uuid, email text, token uuid DEFAULT gen_random_uuid());
        INSERT INTO public.invitations (id, email) VALUES (1, 'bob@example.com'); ${protect('public.invitations')}
        CREATE POLICY "Anyone can view by token" ON public.invitations FOR SELECT USING (true);`,
      shows: [{ as: 'anon', sql: 'SELECT token FROM public.invitations', rows: 'some' }],
    },
    {
      id: 'supabase-addresses-for-anonymous',
      title: 'profiles that everybody reads hold addresses, telephone numbers and birthdays',
      grade: 'open',
      rules: ['sensitive_column', 'public_rows'],
      sql: `${users} CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE, username text, email text, phone text, date_of_birth date);
        INSERT INTO public.profiles VALUES ('${BOB}', 'bob', 'bob@example.com', '+1', '1990-01-01'); ${protect('public.profiles')}
        CREATE POLICY read ON public.profiles FOR SELECT USING (true);
        CREATE POLICY own ON public.profiles FOR UPDATE TO authenticated USING (id = (SELECT auth.uid()));`,
      shows: [{ as: 'anon', sql: 'SELECT phone FROM public.profiles', rows: 'some' }],
    },
    {
      id: 'supabase-files-of-others-deleted',
      title: 'each user deletes the files of all in a bucket',
      grade: 'open',
      rules: ['unscoped_column', 'storage_bucket', 'always_true'],
      sql: `${users} RESET ROLE; INSERT INTO storage.buckets (id, name, public) VALUES ('avatars', 'avatars', true);
        INSERT INTO storage.objects (bucket_id, name, owner) VALUES ('avatars', '${BOB}/me.png', '${BOB}'); ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
        CREATE POLICY "read avatars" ON storage.objects FOR SELECT TO authenticated USING (bucket_id = 'avatars' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
        CREATE POLICY "delete avatars 1oj01fe_0" ON storage.objects FOR DELETE TO authenticated USING (bucket_id = 'avatars');`,
      shows: [asUser('some', `DELETE FROM storage.objects`)],
    },
    {
      id: 'supabase-users-by-an-invoker-view',
      title: "the users are granted so that a view with the caller's rights works",
      grade: 'open',
      rules: ['auth_users_exposed', 'rls_disabled', 'sensitive_column'],
      sql: `${users} CREATE VIEW public.people WITH (security_invoker = on) AS SELECT id, email, encrypted_password FROM auth.users;
        RESET ROLE; GRANT SELECT ON auth.users TO authenticated; GRANT USAGE ON SCHEMA auth TO authenticated;
        ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY; CREATE POLICY people ON auth.users FOR SELECT TO authenticated USING (true);`,
      shows: [asUser('some', `SELECT FROM public.people WHERE email LIKE 'bob%'`)],
    },
    {
      id: 'supabase-search-of-all-documents',
      title: 'a definer function searches the documents of all users by a filter that the caller gives',
      grade: 'open',
      rules: ['definer_trusts_caller'],
      sql: `${supabaseNotes} ALTER TABLE public.notes ADD metadata jsonb DEFAULT '{}' NOT NULL;
        CREATE POLICY own ON public.notes TO authenticated USING (user_id = (SELECT auth.uid()));
        CREATE FUNCTION public.match_documents(filter jsonb DEFAULT '{}', match_count int DEFAULT 10) RETURNS SETOF public.notes
          STABLE SECURITY DEFINER SET search_path = '' LANGUAGE sql AS $$
            SELECT * FROM public.notes n WHERE n.metadata @> filter LIMIT match_count $$;`,
      shows: [asUser('some', `SELECT FROM public.match_documents() WHERE user_id = '${BOB}'`)],
    },
    {
      id: 'supabase-teams-of-a-claim-as-text',
      title: 'teams of the claim are compared with the team as text, which its index does not serve',
      grade: 'slow',
      rules: ['column_cast', 'policy_column_not_indexed'],
      sql: `CREATE TABLE public.posts (id bigint PRIMARY KEY, team_id uuid NOT NULL); CREATE INDEX ON public.posts (team_id); ${protect('public.posts')}
        CREATE POLICY team ON public.posts TO authenticated USING (team_id::text IN (
          SELECT jsonb_array_elements_text((SELECT auth.jwt()) -> 'app_metadata' -> 'teams')));`,
    },
  ]),
];
