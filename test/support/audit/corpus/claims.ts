import { casesOn } from './case.ts';
import { asAnn, asAnonymous, claim, claimPerRow, notes, ownNotes, protect, SAFE_PATH, SUB } from './snippets.ts';

const read = (using: string) =>
  `${notes} GRANT SELECT ON api.notes TO anon, member; CREATE POLICY see ON api.notes FOR SELECT TO anon, member USING (${using});`;
const readByMembers = (using: string) =>
  `${notes} GRANT SELECT ON api.notes TO member; CREATE POLICY see ON api.notes FOR SELECT TO member USING (${using});`;
const anonymousSees = [asAnonymous('some', 'SELECT FROM api.notes')];
const anonymousSeesNothing = [asAnonymous('none', 'SELECT FROM api.notes')];
const ofBob = (rows: 'some' | 'none' | 'fails', claims = {}) =>
  asAnn(rows, `SELECT FROM api.notes WHERE user_id = 'bob'`, claims);
const header = `((SELECT current_setting('request.headers', true))::json ->> 'x-user-id')`;

/** Claims: what a request without them passes, who writes them, and how they are compared. */
export const claims = casesOn('postgrest', [
  {
    id: 'no-claim-or-own',
    title: 'a request without the claim passes',
    grade: 'open',
    rules: ['anonymous_passes'],
    sql: read(`${SUB} IS NULL OR user_id = ${SUB}`),
    shows: anonymousSees,
  },
  {
    id: 'claim-defaults-to-the-owner',
    title: 'without the claim, the row is compared with its own owner',
    grade: 'open',
    rules: ['anonymous_passes'],
    sql: read(`user_id = coalesce(${SUB}, user_id)`),
    shows: anonymousSees,
  },
  {
    id: 'not-someone-else',
    title: 'everybody passes who is not known to be somebody else',
    grade: 'open',
    rules: ['anonymous_passes'],
    sql: read(`NOT (${SUB} IS NOT NULL AND user_id <> ${SUB})`),
    shows: anonymousSees,
  },
  {
    id: 'case-of-no-claim',
    title: 'CASE gives every row to a request without the claim',
    grade: 'open',
    rules: ['anonymous_passes'],
    sql: read(`CASE WHEN ${SUB} IS NULL THEN true ELSE user_id = ${SUB} END`),
    shows: anonymousSees,
  },
  {
    id: 'role-other-than-member',
    title: 'every role but that of members passes, anonymous too',
    grade: 'open',
    rules: ['anonymous_passes'],
    sql: read(`coalesce(${claim('role')}, '') <> 'member' OR user_id = ${SUB}`),
    shows: anonymousSees,
  },
  {
    id: 'comparison-defaults-to-true',
    title: 'the comparison with a missing claim counts as true',
    grade: 'open',
    rules: ['anonymous_passes'],
    sql: read(`coalesce(user_id = ${SUB}, true)`),
    shows: anonymousSees,
  },
  {
    id: 'anonymous-inserts-as-others',
    title: 'a request without the claim may insert in the name of others',
    grade: 'open',
    rules: ['anonymous_passes'],
    sql: `${notes} GRANT INSERT ON api.notes TO anon; CREATE POLICY add ON api.notes FOR INSERT TO anon WITH CHECK (${SUB} IS NULL OR user_id = ${SUB});`,
    shows: [asAnonymous('some', `INSERT INTO api.notes VALUES (3, 'bob', 'forged')`)],
  },
  {
    id: 'no-claim-or-own-without-grant',
    title: 'a request without the claim would pass, and only a role that requests cannot become has the grant',
    grade: 'closed',
    rules: ['anonymous_passes'],
    sql: `${notes} RESET ROLE; CREATE ROLE backend; GRANT SELECT ON api.notes TO backend;
      CREATE POLICY see ON api.notes FOR SELECT USING (${SUB} IS NULL OR user_id = ${SUB});`,
    undo: 'DROP ROLE backend',
    shows: [asAnonymous('fails', 'SELECT FROM api.notes')],
  },
  {
    id: 'claim-and-own',
    title: 'the claim has to be there, and to be the owner',
    grade: 'fine',
    sql: read(`${SUB} IS NOT NULL AND user_id = ${SUB}`),
    shows: anonymousSeesNothing,
  },
  {
    id: 'comparison-defaults-to-false',
    title: 'the comparison with a missing claim counts as false',
    grade: 'closed',
    sql: `${notes} CREATE INDEX ON api.notes ((coalesce(user_id, ''))); GRANT SELECT ON api.notes TO anon, member;
      CREATE POLICY see ON api.notes FOR SELECT TO anon, member USING (coalesce(user_id = ${SUB}, false));`,
    shows: anonymousSeesNothing,
  },
  {
    id: 'no-claim-and-own',
    title: 'asks for no claim and for an owner at once: never true',
    grade: 'closed',
    rules: ['dead_policy'],
    sql: read(`${SUB} IS NULL AND user_id = ${SUB}`),
    shows: [...anonymousSeesNothing, ofBob('none')],
  },
  {
    id: 'not-distinct-from-the-claim',
    title: 'IS NOT DISTINCT FROM, on a column that is never null',
    grade: 'closed',
    sql: read(`user_id IS NOT DISTINCT FROM ${SUB}`),
    shows: anonymousSeesNothing,
  },
  {
    id: 'guests-see-public-rows',
    title: 'a request without the claim sees public rows, as meant',
    grade: 'fine',
    sql: `CREATE TABLE api.pages (id int PRIMARY KEY, author_id text NOT NULL, is_public boolean NOT NULL);
      INSERT INTO api.pages VALUES (1, 'bob', true), (2, 'bob', false); CREATE INDEX ON api.pages (author_id); CREATE INDEX ON api.pages (is_public); ${protect('api.pages')}
      GRANT SELECT ON api.pages TO anon, member;
      CREATE POLICY see ON api.pages FOR SELECT USING (is_public OR author_id = ${SUB});`,
    shows: [asAnonymous('none', 'SELECT FROM api.pages WHERE NOT is_public')],
  },
  {
    id: 'header-says-who',
    title: 'a header of the request says whose rows it sees',
    grade: 'open',
    rules: ['user_writable_claim'],
    sql: readByMembers(`user_id = ${header}`),
    shows: [
      asAnn(
        'some',
        `SELECT set_config('request.headers', '{"x-user-id":"bob"}', true); SELECT FROM api.notes WHERE user_id = 'bob'`,
      ),
    ],
  },
  {
    id: 'cookie-says-who',
    title: 'a cookie of the request says whose rows it sees',
    grade: 'open',
    rules: ['user_writable_claim'],
    sql: readByMembers(`user_id = ((SELECT current_setting('request.cookies', true))::json ->> 'user')`),
    shows: [
      asAnn(
        'some',
        `SELECT set_config('request.cookies', '{"user":"bob"}', true); SELECT FROM api.notes WHERE user_id = 'bob'`,
      ),
    ],
  },
  {
    id: 'header-narrows',
    title: 'a header narrows what the claim gives',
    grade: 'closed',
    rules: ['user_writable_claim'],
    sql: readByMembers(`user_id = ${SUB} AND user_id = ${header}`),
    shows: [
      asAnn(
        'none',
        `SELECT set_config('request.headers', '{"x-user-id":"bob"}', true); SELECT FROM api.notes WHERE user_id = 'bob'`,
      ),
    ],
  },
  {
    id: 'user-metadata-of-a-plain-token',
    title: 'the metadata that users write themselves says who is an administrator',
    grade: 'open',
    rules: ['user_writable_claim'],
    sql: readByMembers(
      `user_id = ${SUB} OR ((SELECT current_setting('request.jwt.claims', true))::json -> 'user_metadata' ->> 'role') = 'admin'`,
    ),
    shows: [ofBob('some', { user_metadata: { role: 'admin' } })],
  },
  {
    id: 'claim-as-pattern',
    title: 'the claim is a pattern: a token for % sees every row',
    grade: 'open',
    rules: ['claim_as_pattern'],
    sql: readByMembers(`user_id LIKE ${claim('team')}`),
    shows: [ofBob('some', { team: '%' })],
  },
  {
    id: 'claim-as-part-of-a-pattern',
    title: 'the claim is the beginning of a pattern',
    grade: 'open',
    rules: ['claim_as_pattern'],
    sql: `CREATE TABLE api.files (path text PRIMARY KEY); INSERT INTO api.files VALUES ('bob/1'); ${protect('api.files')}
      GRANT SELECT ON api.files TO member; CREATE POLICY own ON api.files FOR SELECT TO member USING (path LIKE ${claim('folder')} || '/%');`,
    shows: [asAnn('some', `SELECT FROM api.files`, { folder: '%' })],
  },
  {
    id: 'claim-as-regular-expression',
    title: 'the claim is a regular expression',
    grade: 'open',
    rules: ['claim_as_pattern'],
    sql: readByMembers(`user_id ~* ${SUB}`),
    shows: [ofBob('some', { sub: '.' })],
  },
  {
    id: 'claim-as-prefix',
    title: 'the claim is a plain prefix, without wildcards',
    grade: 'fine',
    sql: `CREATE TABLE api.files (path text PRIMARY KEY); INSERT INTO api.files VALUES ('bob/1'), ('ann/1'); ${protect('api.files')}
      CREATE INDEX ON api.files ((split_part(path, '/', 1)));
      GRANT SELECT ON api.files TO member; CREATE POLICY own ON api.files FOR SELECT TO member USING (split_part(path, '/', 1) = ${claim('folder')});`,
    shows: [
      asAnn('none', `SELECT FROM api.files`, { folder: '%' }),
      asAnn('some', `SELECT FROM api.files`, { folder: 'ann' }),
    ],
  },
  {
    id: 'claim-matches-a-constant-pattern',
    title: 'a claim is matched with a constant pattern, beside own rows',
    grade: 'closed',
    sql: readByMembers(`user_id = ${SUB} AND ${claim('plan')} LIKE 'pro%'`),
    shows: [ofBob('none', { plan: 'professional' })],
  },
  {
    id: 'one-tenant-for-all',
    title: 'the tenant is a constant: all members see that tenant',
    grade: 'open',
    rules: ['fixed_identity', 'unscoped_column'],
    sql: `CREATE TABLE api.orders (id int PRIMARY KEY, tenant_id int NOT NULL); INSERT INTO api.orders VALUES (1, 1); CREATE INDEX ON api.orders (tenant_id);
      ${protect('api.orders')} GRANT SELECT ON api.orders TO member; CREATE POLICY tenant ON api.orders FOR SELECT TO member USING (tenant_id = 1);`,
    shows: [asAnn('some', 'SELECT FROM api.orders', { tenant: '2' })],
  },
  {
    id: 'one-tenant-of-own-rows',
    title: 'own rows of one tenant, which is a constant',
    grade: 'closed',
    rules: ['fixed_identity'],
    sql: `CREATE TABLE api.orders (id int PRIMARY KEY, tenant_id int NOT NULL, user_id text NOT NULL); INSERT INTO api.orders VALUES (1, 1, 'bob');
      CREATE INDEX ON api.orders (tenant_id); CREATE INDEX ON api.orders (user_id);
      ${protect('api.orders')} GRANT SELECT ON api.orders TO member;
      CREATE POLICY own ON api.orders FOR SELECT TO member USING (tenant_id = 1 AND user_id = ${SUB});`,
    shows: [asAnn('none', 'SELECT FROM api.orders')],
  },
  {
    id: 'rows-of-one-kind',
    title: 'everybody reads the rows of one kind, by a constant that names nobody',
    grade: 'fine',
    sql: `CREATE TABLE api.events (id int PRIMARY KEY, kind text NOT NULL, title text); CREATE INDEX ON api.events (kind); ${protect('api.events')}
      GRANT SELECT ON api.events TO anon; CREATE POLICY concerts ON api.events FOR SELECT TO anon USING (kind = 'concert');`,
  },
  {
    id: 'owner-is-current-user',
    title: 'rows belong to the database role, which all members share',
    grade: 'open',
    rules: ['compares_session_user'],
    sql: `CREATE TABLE api.drafts (id int PRIMARY KEY, owner name NOT NULL DEFAULT current_user, body text);
      INSERT INTO api.drafts VALUES (1, 'member', 'of bob'); CREATE INDEX ON api.drafts (owner); ${protect('api.drafts')}
      GRANT SELECT, INSERT ON api.drafts TO member; CREATE POLICY own ON api.drafts TO member USING (owner = current_user);`,
    shows: [asAnn('some', 'SELECT FROM api.drafts')],
  },
  {
    id: 'owner-is-session-user',
    title: 'rows belong to the session user, which is the authenticator for all',
    grade: 'open',
    rules: ['compares_session_user'],
    sql: `CREATE TABLE api.drafts (id int PRIMARY KEY, owner name NOT NULL DEFAULT session_user, body text);
      INSERT INTO api.drafts VALUES (1, 'authenticator', 'of bob'); CREATE INDEX ON api.drafts (owner); ${protect('api.drafts')}
      GRANT SELECT, INSERT ON api.drafts TO member; CREATE POLICY own ON api.drafts TO member USING (owner = session_user);`,
    shows: [asAnn('some', 'SELECT FROM api.drafts')],
  },
  {
    id: 'a-role-for-each-tenant',
    title: 'each tenant is a database role of its own, and rows belong to it',
    grade: 'fine',
    sql: `RESET ROLE; CREATE ROLE tenant_a; CREATE ROLE tenant_b; GRANT tenant_a, tenant_b TO authenticator; GRANT USAGE ON SCHEMA api TO tenant_a, tenant_b;
      ALTER ROLE tenant_a SET statement_timeout = '5s'; ALTER ROLE tenant_b SET statement_timeout = '5s'; SET ROLE owner;
      CREATE TABLE api.orders (id int PRIMARY KEY, tenant name NOT NULL DEFAULT current_user); INSERT INTO api.orders VALUES (1, 'tenant_a'), (2, 'tenant_b');
      CREATE INDEX ON api.orders (tenant); ${protect('api.orders')} GRANT SELECT, INSERT ON api.orders TO tenant_a, tenant_b;
      CREATE POLICY own ON api.orders TO tenant_a, tenant_b USING (tenant = current_user);`,
    undo: 'DROP ROLE tenant_a, tenant_b',
    shows: [{ as: 'tenant_a', sql: `SELECT FROM api.orders WHERE tenant = 'tenant_b'`, rows: 'none' }],
  },
  {
    id: 'current-user-beside-own-rows',
    title: 'the role is compared with a constant, beside own rows',
    grade: 'closed',
    sql: readByMembers(`current_user = 'member' AND user_id = ${SUB}`),
    shows: [ofBob('none')],
  },
  {
    id: 'role-that-does-not-exist',
    title: 'compares the role of the token with one that does not exist: never true',
    grade: 'closed',
    rules: ['unknown_role', 'dead_policy'],
    sql: `${ownNotes} CREATE POLICY administrators ON api.notes FOR SELECT TO member USING (${claim('role')} = 'administrator');`,
    shows: [ofBob('none')],
  },
  {
    id: 'legacy-claim-setting',
    title: 'reads a setting that PostgREST has not written since version 12: nobody sees a row',
    grade: 'slow',
    rules: ['legacy_setting'],
    sql: readByMembers(`user_id = (SELECT current_setting('request.jwt.claim.sub', true))`),
    shows: [asAnn('none', 'SELECT FROM api.notes')],
  },
  {
    id: 'legacy-claim-setting-required',
    title: 'requires a setting that PostgREST has not written since version 12: every request fails',
    grade: 'slow',
    rules: ['legacy_setting', 'setting_required'],
    sql: readByMembers(`user_id = (SELECT current_setting('request.jwt.claim.sub'))`),
    shows: [asAnn('fails', 'SELECT FROM api.notes')],
  },
  {
    id: 'legacy-and-present-claims',
    title: 'reads the old setting where it is there, and the present one otherwise',
    grade: 'fine',
    sql: readByMembers(`user_id = coalesce((SELECT current_setting('request.jwt.claim.sub', true)), ${SUB})`),
    shows: [asAnn('some', 'SELECT FROM api.notes'), ofBob('none')],
  },
  {
    id: 'claims-required',
    title: 'requires the setting that PostgREST writes in each request',
    grade: 'fine',
    rules: ['setting_required'],
    sql: readByMembers(`user_id = (SELECT current_setting('request.jwt.claims')::json ->> 'sub')`),
    shows: [asAnn('some', 'SELECT FROM api.notes'), ofBob('none')],
  },
  {
    id: 'setting-that-nothing-sets',
    title: 'requires a setting that nothing sets: every request fails',
    grade: 'slow',
    rules: ['setting_required'],
    sql: readByMembers(`user_id = (SELECT current_setting('app.user_id'))`),
    shows: [asAnn('fails', 'SELECT FROM api.notes')],
  },
  {
    id: 'setting-of-the-pre-request',
    title: 'requires a setting that the pre-request function sets from the claims',
    grade: 'fine',
    rules: ['setting_required'],
    sql: `CREATE FUNCTION api.before_request() RETURNS void LANGUAGE sql ${SAFE_PATH} AS $$ SELECT set_config('app.user_id', coalesce(${claimPerRow('sub')}, ''), true) $$;
      GRANT EXECUTE ON FUNCTION api.before_request TO anon, member;
      ${readByMembers(`user_id = (SELECT current_setting('app.user_id'))`)}
      RESET ROLE; ALTER ROLE authenticator SET pgrst.db_pre_request = 'api.before_request';`,
    undo: 'ALTER ROLE authenticator RESET pgrst.db_pre_request',
    shows: [
      asAnn('some', 'SELECT api.before_request(); SELECT FROM api.notes'),
      asAnn('none', `SELECT api.before_request(); SELECT FROM api.notes WHERE user_id = 'bob'`),
    ],
  },
  {
    id: 'immutable-claim',
    title: 'the function that reads the claim is IMMUTABLE: a cached plan keeps the answer for another user',
    grade: 'open',
    rules: ['session_in_immutable'],
    sql: `CREATE FUNCTION api.me() RETURNS text LANGUAGE sql IMMUTABLE ${SAFE_PATH} AS $$ SELECT ${claimPerRow('sub')} $$; GRANT EXECUTE ON FUNCTION api.me TO member;
      ${readByMembers('user_id = (SELECT api.me())')}`,
    shows: [
      asAnn(
        'some',
        `SET LOCAL plan_cache_mode = force_generic_plan; PREPARE q AS SELECT FROM api.notes WHERE user_id = 'ann'; EXECUTE q;
         SELECT set_config('request.jwt.claims', '{"sub":"bob"}', true); EXECUTE q`,
      ),
    ],
  },
  {
    id: 'stable-claim',
    title: 'the function that reads the claim is STABLE',
    grade: 'fine',
    sql: `CREATE FUNCTION api.me() RETURNS text LANGUAGE sql STABLE ${SAFE_PATH} AS $$ SELECT ${claimPerRow('sub')} $$; GRANT EXECUTE ON FUNCTION api.me TO member;
      ${readByMembers('user_id = (SELECT api.me())')}`,
    shows: [
      asAnn(
        'none',
        `SET LOCAL plan_cache_mode = force_generic_plan; PREPARE q AS SELECT FROM api.notes WHERE user_id = 'ann'; EXECUTE q;
         SELECT set_config('request.jwt.claims', '{"sub":"bob"}', true); EXECUTE q`,
      ),
    ],
  },
  {
    id: 'immutable-without-settings',
    title: 'an IMMUTABLE function that reads no setting',
    grade: 'fine',
    sql: `CREATE FUNCTION api.normalized(value text) RETURNS text LANGUAGE sql IMMUTABLE ${SAFE_PATH} AS 'SELECT lower(trim(value))';
      GRANT EXECUTE ON FUNCTION api.normalized TO member; ${readByMembers(`user_id = (SELECT api.normalized(${SUB}))`)}`,
    shows: [ofBob('none')],
  },
  {
    id: 'email-instead-of-the-subject',
    title: 'rows belong to an e-mail address, which the token of another may have tomorrow',
    grade: 'open',
    rules: ['email_claim'],
    sql: `CREATE TABLE api.orders (id int PRIMARY KEY, email text NOT NULL); INSERT INTO api.orders VALUES (1, 'bob@example.com'); CREATE INDEX ON api.orders (email);
      ${protect('api.orders')} GRANT SELECT ON api.orders TO member; CREATE POLICY own ON api.orders FOR SELECT TO member USING (email = ${claim('email')});`,
    shows: [asAnn('some', 'SELECT FROM api.orders', { email: 'bob@example.com' })],
  },
  {
    id: 'email-beside-the-subject',
    title: 'the e-mail address is compared beside the subject',
    grade: 'closed',
    rules: ['email_claim'],
    sql: `CREATE TABLE api.orders (id int PRIMARY KEY, user_id text NOT NULL, email text NOT NULL); INSERT INTO api.orders VALUES (1, 'bob', 'bob@example.com');
      CREATE INDEX ON api.orders (user_id); CREATE INDEX ON api.orders (email);
      ${protect('api.orders')} GRANT SELECT ON api.orders TO member;
      CREATE POLICY own ON api.orders FOR SELECT TO member USING (user_id = ${SUB} AND email = ${claim('email')});`,
    shows: [asAnn('none', 'SELECT FROM api.orders', { email: 'bob@example.com' })],
  },
  {
    id: 'administrators-by-claim',
    title: 'administrators, by a claim that the signer sets, see every row; others their own',
    grade: 'fine',
    sql: readByMembers(`user_id = ${SUB} OR ${claim('is_admin')} = 'true'`),
    shows: [ofBob('none'), ofBob('some', { is_admin: true })],
  },
  {
    id: 'any-member-of-the-role',
    title: 'asks only whether the token is that of a member',
    grade: 'open',
    rules: ['unscoped_column', 'public_rows'],
    sql: readByMembers(`${claim('role')} = 'member'`),
    shows: [ofBob('some')],
  },
  {
    id: 'claims-of-a-list',
    title: 'the claim is a list of tenants',
    grade: 'fine',
    sql: `CREATE TABLE api.orders (id int PRIMARY KEY, tenant_id text NOT NULL); INSERT INTO api.orders VALUES (1, 'a'), (2, 'b'); CREATE INDEX ON api.orders (tenant_id);
      ${protect('api.orders')} GRANT SELECT ON api.orders TO member;
      CREATE POLICY tenants ON api.orders FOR SELECT TO member
        USING (tenant_id = ANY (ARRAY(SELECT json_array_elements_text((SELECT current_setting('request.jwt.claims', true))::json -> 'tenants'))));`,
    shows: [asAnn('none', `SELECT FROM api.orders WHERE tenant_id = 'b'`, { tenants: ['a'] })],
  },
]);
