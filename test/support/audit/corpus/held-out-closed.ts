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

const hiddenNotes = `${openNotes} ALTER TABLE api.notes SET SCHEMA private;`;
const bodyOf = `current_setting('request.jwt.claims', true)::json ->> 'sub'`;
const bobHidden = asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`);

/** Databases of kinds that the rules were not written from: unusual designs that are right, or dangers that nothing reaches. */
export const heldOutClosed: readonly Case[] = [
  ...casesOn('postgrest', [
    {
      id: 'jobs-taken-by-workers',
      title: 'a worker takes a free job and keeps it',
      grade: 'fine',
      sql: `CREATE TABLE api.jobs (id int PRIMARY KEY, locked_by text, payload jsonb); INSERT INTO api.jobs VALUES (1, NULL), (2, 'bob');
        CREATE INDEX ON api.jobs (locked_by); ${protect('api.jobs')} GRANT SELECT, UPDATE ON api.jobs TO member;
        CREATE POLICY take ON api.jobs TO member USING (locked_by IS NULL OR locked_by = ${SUB}) WITH CHECK (locked_by = ${SUB});`,
      shows: [
        asAnn('none', `UPDATE api.jobs SET locked_by = 'ann' WHERE id = 2`),
        asAnn('some', `UPDATE api.jobs SET locked_by = 'ann' WHERE id = 1`),
      ],
    },
    {
      id: 'claim-in-a-namespace',
      title: 'the tenant is a claim of Auth0, whose name is an address',
      grade: 'fine',
      sql: `${notes} GRANT SELECT, INSERT ON api.notes TO member;
        CREATE POLICY tenant ON api.notes TO member USING (user_id = ${claim('https://example.com/tenant')});`,
      shows: [
        asAnn('none', 'SELECT FROM api.notes'),
        asAnn('some', 'SELECT FROM api.notes', { 'https://example.com/tenant': 'bob' }),
      ],
    },
    {
      id: 'roles-of-a-realm',
      title: 'administrators are those with a role of their realm in Keycloak; others have own rows',
      grade: 'fine',
      sql: `${notes} GRANT SELECT, DELETE ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});
        CREATE POLICY administrators ON api.notes TO member USING (
          (SELECT coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb #> '{realm_access,roles}' ? 'notes-admin', false)));`,
      shows: [
        bobHidden,
        asAnn('some', `SELECT FROM api.notes WHERE user_id = 'bob'`, { realm_access: { roles: ['notes-admin'] } }),
      ],
    },
    {
      id: 'issuer-and-subject',
      title: 'two issuers: rows belong to a subject of one of them',
      grade: 'fine',
      sql: `CREATE TABLE api.notes (issuer text, subject text, body text, PRIMARY KEY (issuer, subject)); INSERT INTO api.notes VALUES ('a', 'ann'), ('b', 'ann');
        ${protect('api.notes')} GRANT SELECT, INSERT, UPDATE ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING ((issuer, subject) = (${claim('iss')}, ${SUB}));`,
      shows: [asAnn('none', `SELECT FROM api.notes WHERE issuer = 'b'`, { iss: 'a' })],
    },
    {
      id: 'role-of-administrators',
      title: 'a role of administrators, which inherits that of members, reads and writes every row',
      grade: 'fine',
      sql: `RESET ROLE; CREATE ROLE administrator NOLOGIN IN ROLE member; GRANT administrator TO authenticator;
        ALTER ROLE administrator SET statement_timeout = '10s'; SET LOCAL ROLE owner;
        ${ownNotes} CREATE POLICY administrators ON api.notes TO administrator USING (true);`,
      undo: 'DROP ROLE administrator',
      shows: [bobHidden, { as: 'administrator', sql: 'SELECT FROM api.notes', rows: 'some' }],
    },
    {
      id: 'schema-for-each-tenant',
      title: 'each tenant has a schema and a role, and the role reads and writes its schema alone',
      grade: 'fine',
      sql: `RESET ROLE; CREATE ROLE tenant_a NOLOGIN; CREATE ROLE tenant_b NOLOGIN; GRANT tenant_a, tenant_b TO authenticator;
        ALTER ROLE tenant_a SET statement_timeout = '5s'; ALTER ROLE tenant_b SET statement_timeout = '5s'; SET LOCAL ROLE owner;
        CREATE SCHEMA a; CREATE SCHEMA b; GRANT USAGE ON SCHEMA a TO tenant_a; GRANT USAGE ON SCHEMA b TO tenant_b;
        CREATE TABLE a.orders (id int PRIMARY KEY, amount int); CREATE TABLE b.orders (LIKE a.orders INCLUDING ALL); INSERT INTO b.orders VALUES (1, 1);
        ${protect('a.orders')} ${protect('b.orders')}
        GRANT SELECT, INSERT, UPDATE, DELETE ON a.orders TO tenant_a; GRANT SELECT, INSERT, UPDATE, DELETE ON b.orders TO tenant_b;
        CREATE POLICY tenant ON a.orders TO tenant_a USING (true); CREATE POLICY tenant ON b.orders TO tenant_b USING (true);
        RESET ROLE; ALTER ROLE authenticator SET pgrst.db_schemas = 'api, a, b';`,
      undo: `DROP ROLE tenant_a, tenant_b; ALTER ROLE authenticator SET pgrst.db_schemas = 'api'`,
      shows: [
        { as: 'tenant_a', sql: 'SELECT FROM b.orders', rows: 'fails' },
        { as: 'tenant_b', sql: 'SELECT FROM b.orders', rows: 'some' },
      ],
    },
    {
      id: 'chain-of-invoker-views',
      title: "three views with the caller's rights, the setting spelled differently, end at own rows",
      grade: 'fine',
      sql: `${ownNotes} ALTER TABLE api.notes SET SCHEMA private; GRANT USAGE ON SCHEMA private TO member;
        CREATE VIEW private."v.1" WITH (security_invoker = 1) AS SELECT * FROM private.notes;
        CREATE VIEW private."v.2" WITH (security_invoker = 'yes') AS SELECT * FROM private."v.1";
        CREATE VIEW api.notes WITH (security_invoker) AS SELECT * FROM private."v.2";
        GRANT SELECT ON private."v.1", private."v.2", api.notes TO member;`,
      shows: [bobHidden, asAnn('some', 'SELECT FROM api.notes')],
    },
    {
      id: 'claim-in-a-variable',
      title: 'a definer function keeps the claim in a variable, and its rows to it',
      grade: 'fine',
      sql: `${hiddenNotes} CREATE FUNCTION api.my_notes(wanted int) RETURNS SETOF text STABLE SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$
          DECLARE me text := ${bodyOf}; BEGIN RETURN QUERY SELECT n.body FROM private.notes n WHERE n.user_id = me AND n.id = wanted; END $$;
        GRANT EXECUTE ON FUNCTION api.my_notes(int) TO member;`,
      shows: [asAnn('none', 'SELECT api.my_notes(2)'), asAnn('some', 'SELECT api.my_notes(1)')],
    },
    {
      id: 'claim-in-a-with-query',
      title: 'a definer function joins its rows to a query that reads the claim',
      grade: 'fine',
      sql: `${hiddenNotes} CREATE FUNCTION api.my_notes(wanted int) RETURNS SETOF text STABLE SECURITY DEFINER SET search_path = '' LANGUAGE sql AS $$
          WITH me AS (SELECT ${bodyOf} AS id) SELECT n.body FROM private.notes n JOIN me ON me.id = n.user_id WHERE n.id = wanted $$;
        GRANT EXECUTE ON FUNCTION api.my_notes(int) TO member;`,
      shows: [asAnn('none', 'SELECT api.my_notes(2)'), asAnn('some', 'SELECT api.my_notes(1)')],
    },
    {
      id: 'helper-that-raises',
      title: 'a definer function performs a helper that raises an error unless the caller is an administrator',
      grade: 'fine',
      sql: `${hiddenNotes} CREATE FUNCTION private.assert_admin() RETURNS void STABLE LANGUAGE plpgsql SET search_path = '' AS $$
          BEGIN IF (current_setting('request.jwt.claims', true)::json ->> 'admin') IS DISTINCT FROM 'true' THEN RAISE insufficient_privilege; END IF; END $$;
        CREATE FUNCTION api.purge(wanted int) RETURNS SETOF int SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$
          BEGIN PERFORM private.assert_admin(); RETURN QUERY DELETE FROM private.notes WHERE id = wanted RETURNING id; END $$;
        GRANT EXECUTE ON FUNCTION api.purge(int) TO member;`,
      shows: [asAnn('fails', 'SELECT api.purge(2)'), asAnn('some', 'SELECT api.purge(2)', { admin: 'true' })],
    },
    {
      id: 'returns-unless-a-member',
      title: 'a definer function returns early unless the caller has a membership of the team that the argument names',
      grade: 'fine',
      sql: `${hiddenNotes} CREATE TABLE private.memberships (team_id text, user_id text, PRIMARY KEY (user_id, team_id)); INSERT INTO private.memberships VALUES ('ann', 'ann');
        CREATE FUNCTION api.team_notes(team text) RETURNS SETOF text STABLE SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$ BEGIN
          IF NOT EXISTS (SELECT FROM private.memberships m WHERE m.team_id = team AND m.user_id = ${bodyOf}) THEN RETURN; END IF;
          RETURN QUERY SELECT n.body FROM private.notes n WHERE n.user_id = team; END $$;
        GRANT EXECUTE ON FUNCTION api.team_notes(text) TO member;`,
      shows: [asAnn('none', `SELECT api.team_notes('bob')`), asAnn('some', `SELECT api.team_notes('ann')`)],
    },
    {
      id: 'checked-after-writing',
      title: 'a definer function writes first, and raises an error if the row was of another: nothing is written',
      grade: 'fine',
      sql: `${hiddenNotes} CREATE FUNCTION api.rename(wanted int, to_body text) RETURNS text SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$
          DECLARE whose text; BEGIN UPDATE private.notes SET body = to_body WHERE id = wanted RETURNING user_id INTO whose;
            IF whose IS DISTINCT FROM (${bodyOf}) THEN RAISE insufficient_privilege; END IF; RETURN to_body; END $$;
        GRANT EXECUTE ON FUNCTION api.rename(int, text) TO member;`,
      shows: [asAnn('fails', `SELECT api.rename(2, 'x')`), asAnn('some', `SELECT api.rename(1, 'x')`)],
    },
    {
      id: 'order-from-a-list',
      title: 'the order that is joined into SQL is one of a list',
      grade: 'closed',
      sql: `${hiddenNotes} CREATE FUNCTION api.my_notes(sort text) RETURNS SETOF text STABLE SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$ BEGIN
          IF sort IS NULL OR sort NOT IN ('id', 'body') THEN RAISE invalid_parameter_value; END IF;
          RETURN QUERY EXECUTE format('SELECT body FROM private.notes WHERE user_id = %L ORDER BY %I', ${bodyOf}, sort); END $$;
        GRANT EXECUTE ON FUNCTION api.my_notes(text) TO member;`,
      shows: [asAnn('some', `SELECT api.my_notes('id')`), asAnn('fails', `SELECT api.my_notes('1')`)],
    },
    {
      id: 'any-sql-for-the-owner',
      title: 'a function runs any SQL, and only its owner may call it',
      grade: 'closed',
      sql: `CREATE FUNCTION api."exec.SQL"(q text) RETURNS void SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS 'BEGIN EXECUTE q; END';`,
      shows: [asAnn('fails', `SELECT api."exec.SQL"('SELECT 1')`)],
    },
    {
      id: 'accepts-an-invitation',
      title: 'the caller becomes a member by the secret of an invitation',
      grade: 'fine',
      sql: `CREATE TABLE private.invitations (token uuid PRIMARY KEY, team_id text); CREATE TABLE private.memberships (team_id text, user_id text, PRIMARY KEY (user_id, team_id));
        INSERT INTO private.invitations VALUES ('${ANN}', 'blue');
        CREATE FUNCTION api.accept_invitation(secret uuid) RETURNS SETOF text SECURITY DEFINER SET search_path = '' LANGUAGE sql AS $$
          WITH used AS (DELETE FROM private.invitations WHERE token = secret RETURNING team_id)
          INSERT INTO private.memberships SELECT team_id, ${bodyOf} FROM used RETURNING team_id $$;
        GRANT EXECUTE ON FUNCTION api.accept_invitation(uuid) TO member;`,
      shows: [
        asAnn('none', `SELECT api.accept_invitation('${BOB}')`),
        asAnn('some', `SELECT api.accept_invitation('${ANN}')`),
      ],
    },
    {
      id: 'unsubscribes-by-a-secret',
      title: 'anonymous ends a subscription by the random token of its letter',
      grade: 'fine',
      sql: `CREATE TABLE private.subscriptions (id int PRIMARY KEY, email text, unsubscribe_token uuid UNIQUE, active boolean DEFAULT true); INSERT INTO private.subscriptions VALUES (1, 'b', '${BOB}');
        CREATE FUNCTION api.unsubscribe(token uuid) RETURNS void SECURITY DEFINER SET search_path = '' LANGUAGE sql AS $$
          UPDATE private.subscriptions SET active = false WHERE unsubscribe_token = token $$;
        GRANT EXECUTE ON FUNCTION api.unsubscribe(uuid) TO anon;`,
      shows: [asAnonymous('some', `SELECT api.unsubscribe('${BOB}')`)],
    },
    {
      id: 'registers-an-account',
      title: 'anonymous makes an account with an address and a password',
      grade: 'fine',
      sql: `CREATE TABLE private.accounts (email text PRIMARY KEY, password_hash bytea NOT NULL);
        CREATE FUNCTION api.register(email text, password text) RETURNS void SECURITY DEFINER SET search_path = '' LANGUAGE sql AS $$
          INSERT INTO private.accounts VALUES (register.email, sha256(convert_to(password, 'UTF8'))) ON CONFLICT DO NOTHING $$;
        GRANT EXECUTE ON FUNCTION api.register(text, text) TO anon;`,
      shows: [asAnonymous('some', `SELECT api.register('a', 'b')`)],
    },
    {
      id: 'tenant-by-checked-header',
      title: 'the pre-request function takes the tenant from a header if the caller has a membership of it',
      grade: 'fine',
      sql: `${notes} GRANT SELECT ON api.notes TO member;
        CREATE TABLE private.memberships (team_id text, user_id text, PRIMARY KEY (user_id, team_id)); INSERT INTO private.memberships VALUES ('ann', 'ann');
        CREATE POLICY tenant ON api.notes TO member USING (user_id = (SELECT nullif(current_setting('app.tenant', true), '')));
        CREATE FUNCTION api.pre_request() RETURNS void SECURITY DEFINER SET search_path = '' LANGUAGE sql AS $$
          SELECT set_config('app.tenant', coalesce((SELECT m.team_id FROM private.memberships m
            WHERE m.user_id = ${bodyOf} AND m.team_id = current_setting('request.headers', true)::json ->> 'x-tenant'), ''), true) $$;
        GRANT EXECUTE ON FUNCTION api.pre_request() TO anon, member; RESET ROLE; ALTER ROLE authenticator SET pgrst.db_pre_request = 'api.pre_request';`,
      undo: 'ALTER ROLE authenticator RESET pgrst.db_pre_request',
      shows: [
        asAnn(
          'none',
          `SELECT set_config('request.headers', '{"x-tenant":"bob"}', true); SELECT api.pre_request(); SELECT FROM api.notes`,
        ),
        asAnn(
          'some',
          `SELECT set_config('request.headers', '{"x-tenant":"ann"}', true); SELECT api.pre_request(); SELECT FROM api.notes`,
        ),
      ],
    },
    {
      id: 'key-in-a-header',
      title: 'a header holds a key, and rows belong to the hash of that key',
      grade: 'fine',
      sql: `CREATE TABLE api.readings (id int PRIMARY KEY, key_digest bytea NOT NULL, value int); CREATE INDEX ON api.readings (key_digest);
        INSERT INTO api.readings VALUES (1, sha256('k'), 1); ${protect('api.readings')} GRANT SELECT (id, value, key_digest), INSERT ON api.readings TO anon;
        CREATE POLICY device ON api.readings TO anon USING (key_digest = (SELECT sha256(convert_to(
          nullif(current_setting('request.headers', true), '')::json ->> 'x-api-key', 'UTF8'))));`,
      shows: [
        asAnonymous('none', 'SELECT FROM api.readings'),
        asAnonymous(
          'some',
          `SELECT set_config('request.headers', '{"x-api-key":"k"}', true); SELECT FROM api.readings`,
        ),
      ],
    },
    {
      id: 'blocked-by-own-entry',
      title: 'a restrictive policy keeps away who is in a list whose own entries they may read',
      grade: 'fine',
      sql: `${ownNotes} CREATE TABLE api.bans (user_id text PRIMARY KEY); INSERT INTO api.bans VALUES ('bob'); ${protect('api.bans')} GRANT SELECT ON api.bans TO member;
        CREATE POLICY own ON api.bans FOR SELECT TO member USING (user_id = ${SUB});
        CREATE POLICY not_banned ON api.notes AS RESTRICTIVE TO member USING (NOT EXISTS (SELECT FROM api.bans b WHERE b.user_id = ${SUB}));`,
      shows: [
        asAnn('some', 'SELECT FROM api.notes'),
        { as: 'member', claims: { sub: 'bob' }, sql: 'SELECT FROM api.notes', rows: 'none' },
      ],
    },
    {
      id: 'published-by-date',
      title: 'articles are read by all from their date on, and before that by their author',
      grade: 'fine',
      sql: `CREATE TABLE api.articles (id int PRIMARY KEY, author_id text NOT NULL, publish_at timestamptz); CREATE INDEX ON api.articles (author_id); CREATE INDEX ON api.articles (publish_at);
        INSERT INTO api.articles VALUES (1, 'bob', 'infinity'), (2, 'bob', '-infinity'); ${protect('api.articles')} GRANT SELECT ON api.articles TO anon, member;
        CREATE POLICY published ON api.articles FOR SELECT TO anon, member USING (publish_at <= now());
        CREATE POLICY own ON api.articles FOR SELECT TO member USING (author_id = ${SUB});`,
      shows: [
        asAnonymous('none', 'SELECT FROM api.articles WHERE id = 1'),
        asAnonymous('some', 'SELECT FROM api.articles'),
      ],
    },
    {
      id: 'visibility-of-a-row',
      title: 'each row says whether the public, members or its owner see it',
      grade: 'fine',
      sql: `${ownNotes} CREATE TYPE api.visibility AS ENUM ('private', 'members', 'public'); ALTER TABLE api.notes ADD visibility api.visibility DEFAULT 'private' NOT NULL;
        GRANT SELECT ON api.notes TO anon; CREATE POLICY public ON api.notes FOR SELECT TO anon USING (visibility = 'public');
        CREATE POLICY members ON api.notes FOR SELECT TO member USING (visibility = ANY ('{members,public}'));`,
      shows: [asAnonymous('none', 'SELECT FROM api.notes'), bobHidden],
    },
    {
      id: 'clearance-of-the-caller',
      title: 'documents are read up to the clearance of the token, and written at it',
      grade: 'fine',
      sql: `CREATE TABLE api.papers (id int PRIMARY KEY, level int NOT NULL, author_id text); CREATE INDEX ON api.papers (level); INSERT INTO api.papers VALUES (1, 3, 'bob');
        ${protect('api.papers')} GRANT SELECT ON api.papers TO member;
        CREATE POLICY clearance ON api.papers FOR SELECT TO member USING (level <= ${claim('clearance')}::int);`,
      shows: [
        asAnn('none', 'SELECT FROM api.papers', { clearance: 2 }),
        asAnn('some', 'SELECT FROM api.papers', { clearance: 3 }),
      ],
    },
    {
      id: 'countries-without-row-security',
      title: 'a table of countries, granted to anonymous for reading only, has no row security',
      grade: 'closed',
      sql: `CREATE TABLE api.countries (code text PRIMARY KEY, name text); INSERT INTO api.countries VALUES ('AT', 'Austria'); GRANT SELECT ON api.countries TO anon, member;`,
      shows: [asAnonymous('some', 'SELECT FROM api.countries'), asAnonymous('fails', 'DELETE FROM api.countries')],
    },
    {
      id: 'more-words-like-secrets',
      title: 'columns of a public catalogue that count, date or name secrets, and hold none',
      grade: 'fine',
      sql: `CREATE TABLE api.plans (id int PRIMARY KEY, token_type text, tokens_per_minute int, password_changed_at timestamptz, has_password boolean, secret_santa text, pin_count int, api_key_limit int, public_key text);
        INSERT INTO api.plans VALUES (1); ${protect('api.plans')} GRANT SELECT ON api.plans TO anon; CREATE POLICY catalogue ON api.plans FOR SELECT TO anon USING (true);`,
      shows: [asAnonymous('some', 'SELECT FROM api.plans')],
    },
    {
      id: 'two-authenticators',
      title: 'a second login for a second PostgREST may become the same roles',
      grade: 'fine',
      sql: `${ownNotes} RESET ROLE; CREATE ROLE authenticator_blue LOGIN NOINHERIT; GRANT anon, member TO authenticator_blue;`,
      undo: 'DROP ROLE authenticator_blue',
      shows: [bobHidden],
    },
    {
      id: 'reporting-inherits-members',
      title: 'a role that inherits members, and that requests cannot become, sees every row',
      grade: 'closed',
      sql: `RESET ROLE; CREATE ROLE "Bericht.e" NOLOGIN IN ROLE member; SET LOCAL ROLE owner;
        ${ownNotes} CREATE POLICY "alles ""für"" Berichte" ON api.notes TO "Bericht.e" USING (true);`,
      undo: 'DROP ROLE "Bericht.e"',
      shows: [bobHidden],
    },
    {
      id: 'index-without-deleted-rows',
      title: 'the index of the owner leaves out deleted rows, as the policy does',
      grade: 'fine',
      sql: `CREATE TABLE api.notes (id int PRIMARY KEY, user_id text NOT NULL, deleted_at timestamptz); INSERT INTO api.notes VALUES (1, 'ann'), (2, 'bob');
        CREATE INDEX ON api.notes (user_id) WHERE deleted_at IS NULL; ${protect('api.notes')} GRANT SELECT ON api.notes TO member;
        CREATE POLICY own ON api.notes FOR SELECT TO member USING (user_id = ${SUB} AND deleted_at IS NULL);`,
      shows: [bobHidden],
    },
    {
      id: 'index-of-patterns',
      title: 'the index of the owner has the operators of patterns, which serve equality too',
      grade: 'fine',
      sql: `CREATE TABLE api.notes (id int PRIMARY KEY, user_id text NOT NULL); INSERT INTO api.notes VALUES (1, 'ann'), (2, 'bob'); CREATE INDEX ON api.notes (user_id text_pattern_ops);
        ${protect('api.notes')} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});`,
      shows: [bobHidden],
    },
    {
      id: 'tenant-and-owner',
      title: 'the tenant and the owner are one index, and both are asked for',
      grade: 'fine',
      sql: `CREATE TABLE api.notes (id int PRIMARY KEY, tenant_id text NOT NULL, user_id text NOT NULL); INSERT INTO api.notes VALUES (1, 'red', 'ann'), (2, 'red', 'bob');
        CREATE INDEX ON api.notes (tenant_id, user_id) INCLUDE (id); ${protect('api.notes')} GRANT SELECT, INSERT, UPDATE ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB} AND tenant_id = ${claim('tenant')});`,
      shows: [
        asAnn('none', `SELECT FROM api.notes WHERE user_id = 'bob'`, { tenant: 'red' }),
        asAnn('some', 'SELECT FROM api.notes', { tenant: 'red' }),
      ],
    },
    {
      id: 'owner-from-a-document',
      title: 'the owner is a generated column from a document, with an index',
      grade: 'fine',
      sql: `CREATE TABLE api.notes (id int PRIMARY KEY, doc jsonb, user_id text GENERATED ALWAYS AS (doc ->> 'owner') STORED); INSERT INTO api.notes VALUES (2, '{"owner":"bob"}');
        CREATE INDEX ON api.notes (user_id); ${protect('api.notes')} GRANT SELECT, INSERT (id, doc), UPDATE (doc) ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB});`,
      shows: [bobHidden, asAnn('fails', `INSERT INTO api.notes VALUES (3, '{"owner":"bob"}')`)],
    },
    {
      id: 'owner-of-a-domain',
      title: 'the owner has a domain as its type, to which the claim is cast',
      grade: 'fine',
      sql: `CREATE DOMAIN api."user.id" AS text CHECK (VALUE ~ '^[a-z]+$'); CREATE TABLE api.notes (id int PRIMARY KEY, user_id api."user.id" NOT NULL); INSERT INTO api.notes VALUES (2, 'bob');
        CREATE INDEX ON api.notes (user_id); ${protect('api.notes')} GRANT SELECT, INSERT ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id = ${SUB}::api."user.id");`,
      shows: [bobHidden],
    },
    {
      id: 'grants-without-commands',
      title: 'a table without row security of which only references and triggers are granted',
      grade: 'closed',
      sql: `${openNotes} GRANT REFERENCES, TRIGGER ON api.notes TO anon, member;`,
      shows: [asAnn('fails', 'SELECT FROM api.notes')],
    },
    {
      id: 'helper-in-a-schema-apart',
      title: 'policies of a conversation ask a helper with the rights of its owner, which is no part of the API',
      grade: 'fine',
      sql: `CREATE TABLE api.participants (room int, user_id text, PRIMARY KEY (user_id, room)); CREATE INDEX ON api.participants (room); INSERT INTO api.participants VALUES (1, 'ann'), (2, 'bob'); ALTER TABLE api.participants ENABLE ROW LEVEL SECURITY;
        CREATE FUNCTION private.rooms_of(who text) RETURNS SETOF int STABLE SECURITY DEFINER SET search_path = '' LANGUAGE sql AS 'SELECT room FROM api.participants WHERE user_id = who';
        GRANT USAGE ON SCHEMA private TO member; GRANT EXECUTE ON FUNCTION private.rooms_of(text) TO member; GRANT SELECT ON api.participants TO member;
        CREATE POLICY room ON api.participants FOR SELECT TO member USING (room IN (SELECT private.rooms_of(${SUB})));`,
      shows: [
        asAnn('none', 'SELECT FROM api.participants WHERE room = 2'),
        asAnn('some', 'SELECT FROM api.participants'),
      ],
    },
    {
      id: 'link-by-its-secret',
      title: 'anonymous sees the one row whose secret a header names',
      grade: 'fine',
      sql: `${ownNotes} ALTER TABLE api.notes ADD share_token uuid; CREATE INDEX ON api.notes (share_token); RESET ROLE; UPDATE api.notes SET share_token = '${BOB}' WHERE id = 2; SET LOCAL ROLE owner; GRANT SELECT (id, body) ON api.notes TO anon;
        CREATE POLICY shared ON api.notes FOR SELECT TO anon USING (share_token = (SELECT (nullif(current_setting('request.headers', true), '')::json ->> 'x-share-token')::uuid));`,
      shows: [
        asAnonymous('none', 'SELECT id FROM api.notes'),
        asAnonymous(
          'some',
          `SELECT set_config('request.headers', '{"x-share-token":"${BOB}"}', true); SELECT id FROM api.notes`,
        ),
      ],
    },
    {
      id: 'trigger-of-the-caller',
      title: "inserts into a view with the caller's rights run a trigger that also has them",
      grade: 'fine',
      sql: `${ownNotes} CREATE VIEW api.entries WITH (security_invoker) AS SELECT id, user_id AS author, body FROM api.notes;
        CREATE FUNCTION private.write() RETURNS trigger SET search_path = '' LANGUAGE plpgsql AS $$ BEGIN INSERT INTO api.notes VALUES (NEW.id, NEW.author, NEW.body); RETURN NEW; END $$;
        CREATE TRIGGER write INSTEAD OF INSERT ON api.entries FOR EACH ROW EXECUTE FUNCTION private.write(); GRANT SELECT, INSERT ON api.entries TO member;`,
      shows: [
        asAnn('fails', `INSERT INTO api.entries VALUES (7, 'bob', 'x')`),
        asAnn('some', `INSERT INTO api.entries VALUES (7, 'ann', 'x')`),
      ],
    },
  ]),
  ...casesOn('supabase', [
    {
      id: 'supabase-waiting-list',
      title: 'anonymous enters a bounded address into a waiting list that no request reads',
      grade: 'fine',
      sql: `CREATE TABLE public.waitlist (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL CHECK (length(email) < 255)); ${protect('public.waitlist')}
        REVOKE ALL ON public.waitlist FROM anon, authenticated; GRANT INSERT (email) ON public.waitlist TO anon;
        CREATE POLICY enter ON public.waitlist FOR INSERT TO anon WITH CHECK (true);`,
      shows: [
        { as: 'anon', sql: `INSERT INTO public.waitlist (email) VALUES ('a')`, rows: 'some' },
        { as: 'anon', sql: 'SELECT FROM public.waitlist', rows: 'fails' },
      ],
    },
    {
      id: 'supabase-posts-of-a-feed',
      title: 'everybody reads all posts of a feed, and their authors write them',
      grade: 'fine',
      sql: `${users} CREATE TABLE public.posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author_id uuid NOT NULL REFERENCES auth.users, body text); CREATE INDEX ON public.posts (author_id);
        INSERT INTO public.posts (author_id) VALUES ('${BOB}'); ${protect('public.posts')}
        CREATE POLICY "Posts are public" ON public.posts FOR SELECT TO anon, authenticated USING (true);
        CREATE POLICY insert_own ON public.posts FOR INSERT TO authenticated WITH CHECK (author_id = (SELECT auth.uid()));
        CREATE POLICY update_own ON public.posts FOR UPDATE TO authenticated USING (author_id = (SELECT auth.uid()));
        CREATE POLICY delete_own ON public.posts FOR DELETE TO authenticated USING (author_id = (SELECT auth.uid()));`,
      shows: [
        asUser('none', 'DELETE FROM public.posts'),
        { as: 'anon', sql: 'SELECT FROM public.posts', rows: 'some' },
      ],
    },
    {
      id: 'supabase-role-kept-by-a-trigger',
      title: 'users update their own profile, and a trigger keeps the role that policies ask for',
      grade: 'fine',
      sql: `${users} CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users, name text, role text DEFAULT 'user' NOT NULL); INSERT INTO public.profiles (id) VALUES ('${ANN}'); ${protect('public.profiles')}
        CREATE POLICY own ON public.profiles FOR SELECT TO authenticated USING (id = (SELECT auth.uid())); CREATE POLICY update_own ON public.profiles FOR UPDATE TO authenticated USING (id = (SELECT auth.uid()));
        CREATE FUNCTION public.keep_role() RETURNS trigger SET search_path = '' LANGUAGE plpgsql AS $$ BEGIN
          IF NEW.role IS DISTINCT FROM OLD.role AND current_user IN ('anon', 'authenticated') THEN RAISE insufficient_privilege; END IF; RETURN NEW; END $$;
        CREATE TRIGGER keep_role BEFORE UPDATE ON public.profiles FOR EACH ROW EXECUTE FUNCTION public.keep_role();
        CREATE TABLE public.invoices (id bigint PRIMARY KEY); ${protect('public.invoices')}
        CREATE POLICY administrators ON public.invoices FOR SELECT TO authenticated USING (EXISTS (SELECT FROM public.profiles p WHERE p.id = (SELECT auth.uid()) AND p.role = 'admin'));`,
      shows: [
        asUser('fails', `UPDATE public.profiles SET role = 'admin'`),
        asUser('some', `UPDATE public.profiles SET name = 'x'`),
      ],
    },
    {
      id: 'supabase-name-of-the-sign-up',
      title: 'the profile of a new user takes its name from what the user sends, and its role from nobody',
      grade: 'fine',
      sql: `CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE, name text, role text DEFAULT 'user' NOT NULL); ${protect('public.profiles')}
        CREATE POLICY own ON public.profiles FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
        CREATE FUNCTION public.handle_new_user() RETURNS trigger SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$
          BEGIN INSERT INTO public.profiles (id, name) VALUES (NEW.id, coalesce(NEW.raw_user_meta_data ->> 'full_name', 'nobody')); RETURN NEW; END $$;
        RESET ROLE; CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.handle_new_user(); ${users}`,
      shows: [
        asUser('none', `SELECT FROM public.profiles WHERE id = '${BOB}' OR role <> 'user'`),
        asUser('some', 'SELECT FROM public.profiles'),
      ],
    },
    {
      id: 'supabase-permission-of-the-claim',
      title: 'a function asks whether the role of the token has a permission, as the documentation of roles has it',
      grade: 'fine',
      sql: `${users} CREATE TABLE public.role_permissions (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, role text, permission text, UNIQUE (role, permission)); INSERT INTO public.role_permissions (role, permission) VALUES ('moderator', 'channels.delete'); ${protect('public.role_permissions')}
        CREATE FUNCTION public.authorize(requested_permission text) RETURNS boolean STABLE SECURITY DEFINER SET search_path = '' LANGUAGE plpgsql AS $$ DECLARE bound int; BEGIN
          SELECT count(*) INTO bound FROM public.role_permissions p WHERE p.permission = requested_permission AND p.role = (auth.jwt() ->> 'user_role'); RETURN bound > 0; END $$;
        CREATE TABLE public.channels (id bigint PRIMARY KEY, slug text, created_by uuid); INSERT INTO public.channels VALUES (1, 'x', '${BOB}'); ${protect('public.channels')}
        CREATE POLICY read ON public.channels FOR SELECT TO authenticated USING ((SELECT public.authorize('channels.delete')));
        CREATE POLICY remove ON public.channels FOR DELETE TO authenticated USING ((SELECT public.authorize('channels.delete')));`,
      shows: [
        asUser('none', 'DELETE FROM public.channels'),
        asUser('some', 'DELETE FROM public.channels', { user_role: 'moderator' }),
      ],
    },
    {
      id: 'supabase-organizations-as-an-array',
      title: 'the organizations of the caller are an array, asked for once',
      grade: 'fine',
      sql: `${users} CREATE SCHEMA private; GRANT USAGE ON SCHEMA private TO authenticated;
        CREATE TABLE private.members (org_id uuid, user_id uuid, PRIMARY KEY (user_id, org_id)); INSERT INTO private.members VALUES ('${ANN}', '${ANN}');
        CREATE FUNCTION private.my_orgs() RETURNS uuid[] STABLE SECURITY DEFINER SET search_path = '' LANGUAGE sql AS $$ SELECT coalesce(array_agg(org_id), '{}') FROM private.members WHERE user_id = auth.uid() $$;
        CREATE TABLE public.invoices (id bigint PRIMARY KEY, org_id uuid NOT NULL); CREATE INDEX ON public.invoices (org_id); INSERT INTO public.invoices VALUES (1, '${ANN}'), (2, '${BOB}'); ${protect('public.invoices')}
        CREATE POLICY org ON public.invoices TO authenticated USING (org_id = ANY ((SELECT private.my_orgs())::uuid[]));`,
      shows: [
        asUser('none', 'SELECT FROM public.invoices WHERE id = 2'),
        asUser('some', 'SELECT FROM public.invoices'),
      ],
    },
    {
      id: 'supabase-has-role-apart',
      title: 'a helper outside of the API says whether the caller has a role',
      grade: 'fine',
      sql: `${supabaseNotes} CREATE SCHEMA private; GRANT USAGE ON SCHEMA private TO authenticated;
        CREATE TABLE public.user_roles (user_id uuid REFERENCES auth.users, role text, PRIMARY KEY (user_id, role)); ${protect('public.user_roles')}
        CREATE POLICY own ON public.user_roles FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
        CREATE FUNCTION private.has_role(_user_id uuid, _role text) RETURNS boolean STABLE SECURITY DEFINER SET search_path = '' LANGUAGE sql AS $$
          SELECT EXISTS (SELECT FROM public.user_roles WHERE user_id = _user_id AND role = _role) $$;
        CREATE POLICY own ON public.notes TO authenticated USING (user_id = (SELECT auth.uid()));
        CREATE POLICY administrators ON public.notes FOR SELECT TO authenticated USING ((SELECT private.has_role(auth.uid(), 'admin')));`,
      shows: [asUser('none', `SELECT FROM public.notes WHERE user_id = '${BOB}'`)],
    },
    {
      id: 'supabase-views-of-a-post',
      title: 'anonymous counts one more view of a post',
      grade: 'fine',
      sql: `CREATE TABLE public.counters (slug text PRIMARY KEY, views bigint DEFAULT 0 NOT NULL); INSERT INTO public.counters VALUES ('home'); ${protect('public.counters')}
        CREATE POLICY read ON public.counters FOR SELECT USING (true);
        CREATE FUNCTION public.count_view(page text) RETURNS void SECURITY DEFINER SET search_path = '' LANGUAGE sql AS $$ UPDATE public.counters SET views = views + 1 WHERE slug = page $$;`,
      shows: [
        { as: 'anon', sql: `SELECT public.count_view('home')`, rows: 'some' },
        { as: 'anon', sql: 'DELETE FROM public.counters', rows: 'none' },
      ],
    },
  ]),
];
