import { casesOn } from './case.ts';
import { asAnn, claim, claimOrNull, claimParsedOnce, claimPerRow, protect, SAFE_PATH, SUB } from './snippets.ts';

/** A table of many users, one policy for SELECT. */
const many = (columns: string, indexes: string, using: string) => `
  CREATE TABLE api.things (id int PRIMARY KEY, ${columns}); ${indexes} ${protect('api.things')} GRANT SELECT ON api.things TO member;
  CREATE POLICY own ON api.things FOR SELECT TO member USING (${using});`;
const byUser = 'CREATE INDEX ON api.things (user_id);';
const USER = 'user_id text NOT NULL';
const SHARED = `${USER}, shared boolean NOT NULL`;
/** Everybody sees a row but those who are blocked: no index serves that, and each row is asked. */
const BLOCKED = 'blocked text[] NOT NULL';
const byBlocked = 'CREATE INDEX ON api.things USING gin (blocked);';
const PER_ROW = claimPerRow('sub');
const UUID = `${SUB}::uuid`;
const works = [asAnn('none', 'SELECT * FROM api.things', { sub: '11111111-1111-4111-8111-111111111111' })];

/** Parts of plans. */
const ALL_ROWS = 'Seq Scan on things';
const BY_INDEX = 'Index Cond';
const ONCE = 'Filter: ((InitPlan';
const PARSED = "current_setting('request.jwt.claims'";

/** Policies that read too much for each row, and their quick neighbours. */
export const speed = casesOn('postgrest', [
  {
    id: 'list-of-a-claim-from-a-function',
    title: 'a function that lists a claim is read from in an array of its own, once for each query',
    grade: 'fine',
    sql: `CREATE FUNCTION private.listed() RETURNS SETOF text LANGUAGE sql STABLE AS $$ SELECT json_array_elements_text(current_setting('request.jwt.claims', true)::json -> 'users') $$;
      GRANT USAGE ON SCHEMA private TO member; GRANT EXECUTE ON FUNCTION private.listed() TO member;
      ${many(USER, byUser, 'user_id = ANY (ARRAY(SELECT one FROM private.listed() AS one))')}`,
    shows: [asAnn('none', 'SELECT * FROM api.things', { users: ['ann'] })],
    plan: BY_INDEX,
  },
  {
    id: 'claim-for-each-row',
    title: 'the claims are parsed again for each row',
    grade: 'slow',
    rules: ['claim_per_row'],
    sql: many(BLOCKED, byBlocked, `${PER_ROW} <> ALL (blocked)`),
    shows: works,
    plan: PARSED,
  },
  {
    id: 'claim-once',
    title: 'the claims are parsed once a statement',
    grade: 'fine',
    sql: many(BLOCKED, byBlocked, `${claimParsedOnce('sub')} <> ALL (blocked)`),
    shows: works,
    plan: ONCE,
  },
  {
    id: 'claim-once-in-one-sub-select',
    title: 'the claims are parsed once a statement, and may be missing',
    grade: 'fine',
    sql: many(BLOCKED, byBlocked, `${claimOrNull('sub')} <> ALL (blocked)`),
    shows: works,
    plan: ONCE,
  },
  {
    id: 'claim-function-for-each-row',
    title: 'a function of PL/pgSQL that reads the claim is called for each row',
    grade: 'slow',
    rules: ['claim_per_row'],
    sql: `CREATE FUNCTION api.me() RETURNS text LANGUAGE plpgsql STABLE ${SAFE_PATH} AS $$ BEGIN RETURN ${PER_ROW}; END $$; GRANT EXECUTE ON FUNCTION api.me TO member;
      ${many(BLOCKED, byBlocked, 'api.me() <> ALL (blocked)')}`,
    shows: works,
    plan: 'Filter: (api.me() <>',
  },
  {
    id: 'claim-function-once',
    title: 'a function of PL/pgSQL that reads the claim is called once a statement',
    grade: 'fine',
    sql: `CREATE FUNCTION api.me() RETURNS text LANGUAGE plpgsql STABLE ${SAFE_PATH} AS $$ BEGIN RETURN ${PER_ROW}; END $$; GRANT EXECUTE ON FUNCTION api.me TO member;
      ${many(BLOCKED, byBlocked, '(SELECT api.me()) <> ALL (blocked)')}`,
    shows: works,
    plan: ONCE,
  },
  {
    id: 'sub-select-around-the-row',
    title: 'the sub-select holds the column too, so that it runs for each row',
    grade: 'slow',
    rules: ['claim_per_row'],
    sql: many(BLOCKED, byBlocked, `(SELECT ${PER_ROW} <> ALL (blocked))`),
    shows: works,
    plan: 'Filter: (SubPlan',
  },
  {
    id: 'claim-alone-for-each-row',
    title: 'a condition without a column: below row security, Postgres asks it for each row too',
    grade: 'slow',
    rules: ['claim_per_row'],
    sql: many('name text', '', `${claimPerRow('plan')} = 'pro'`),
    shows: works,
    plan: PARSED,
  },
  {
    id: 'claim-alone-once',
    title: 'a condition without a column, in a sub-select',
    grade: 'fine',
    sql: many('name text', '', `${claimParsedOnce('plan')} = 'pro'`),
    shows: works,
    plan: ONCE,
  },
  {
    id: 'restrictive-claim-for-each-row',
    title: 'a restrictive policy parses the claims again for each row',
    grade: 'slow',
    rules: ['claim_per_row'],
    sql: `${many('listed boolean NOT NULL, tenants text[] NOT NULL', 'CREATE INDEX ON api.things USING gin (tenants); CREATE INDEX ON api.things (listed);', 'listed')}
      CREATE POLICY tenant ON api.things AS RESTRICTIVE FOR SELECT TO member USING (cardinality(tenants) = 0 OR tenants @> ARRAY[${claimPerRow('tenant')}]);`,
    shows: works,
    plan: PARSED,
  },
  {
    id: 'cast-on-the-column',
    title: 'the column is cast to text, so that its index is of no use',
    grade: 'slow',
    rules: ['column_cast', 'policy_column_not_indexed'],
    sql: many('user_id uuid NOT NULL', byUser, `user_id::text = ${SUB}`),
    shows: works,
    plan: ALL_ROWS,
  },
  {
    id: 'cast-on-the-claim',
    title: 'the claim is cast to the type of the column',
    grade: 'fine',
    sql: many('user_id uuid NOT NULL', byUser, `user_id = ${UUID}`),
    shows: works,
    plan: BY_INDEX,
  },
  {
    id: 'cast-to-a-wider-number',
    title: 'the claim is cast to numeric, and with it the integer column',
    grade: 'slow',
    rules: ['column_cast', 'policy_column_not_indexed'],
    sql: many(
      'account_id int NOT NULL',
      'CREATE INDEX ON api.things (account_id);',
      `account_id = ${claim('account')}::numeric`,
    ),
    shows: [asAnn('none', 'SELECT * FROM api.things', { account: '1' })],
    plan: ALL_ROWS,
  },
  {
    id: 'cast-to-another-integer',
    title: 'the claim is cast to bigint, which an index on integers can compare',
    grade: 'fine',
    sql: many(
      'account_id int NOT NULL',
      'CREATE INDEX ON api.things (account_id);',
      `account_id = ${claim('account')}::bigint`,
    ),
    shows: [asAnn('none', 'SELECT * FROM api.things', { account: '1' })],
    plan: BY_INDEX,
  },
  {
    id: 'cast-that-costs-nothing',
    title: 'a column of varchar is read as text, by the same index',
    grade: 'closed',
    sql: many('user_id varchar(40) NOT NULL', byUser, `user_id = ${SUB}`),
    shows: works,
    plan: BY_INDEX,
  },
  {
    id: 'lower-with-a-plain-index',
    title: 'lower of the column, whose index is on the column itself',
    grade: 'slow',
    rules: ['column_cast', 'policy_column_not_indexed'],
    sql: many(USER, byUser, `lower(user_id) = ${SUB}`),
    shows: works,
    plan: ALL_ROWS,
  },
  {
    id: 'lower-with-an-index-on-lower',
    title: 'lower of the column, with an index on just that',
    grade: 'fine',
    sql: many(USER, 'CREATE INDEX ON api.things (lower(user_id));', `lower(user_id) = ${SUB}`),
    shows: works,
    plan: BY_INDEX,
  },
  {
    id: 'json-without-an-index',
    title: 'the owner stands in a document, without an index on it',
    grade: 'slow',
    rules: ['column_cast', 'policy_column_not_indexed'],
    sql: many('data jsonb NOT NULL', '', `data ->> 'owner' = ${SUB}`),
    shows: works,
    plan: ALL_ROWS,
  },
  {
    id: 'json-with-an-index',
    title: 'the owner stands in a document, with an index on it',
    grade: 'fine',
    sql: many('data jsonb NOT NULL', `CREATE INDEX ON api.things ((data ->> 'owner'));`, `data ->> 'owner' = ${SUB}`),
    shows: works,
    plan: BY_INDEX,
  },
  {
    id: 'owner-without-an-index',
    title: 'the column that says whose row it is has no index',
    grade: 'slow',
    rules: ['policy_column_not_indexed'],
    sql: many(USER, '', `user_id = ${SUB}`),
    shows: works,
    plan: ALL_ROWS,
  },
  {
    id: 'owner-second-in-an-index',
    title: 'the column that says whose row it is comes second in its index',
    grade: 'slow',
    rules: ['policy_column_not_indexed'],
    sql: many(`${USER}, made_at timestamptz`, 'CREATE INDEX ON api.things (made_at, user_id);', `user_id = ${SUB}`),
    shows: works,
  },
  {
    id: 'owner-in-a-partial-index',
    title: 'the index of the column holds only rows of another kind',
    grade: 'slow',
    rules: ['policy_column_not_indexed'],
    sql: many(
      `${USER}, archived boolean NOT NULL`,
      'CREATE INDEX ON api.things (user_id) WHERE archived;',
      `user_id = ${SUB} AND NOT archived`,
    ),
    shows: works,
    plan: ALL_ROWS,
  },
  {
    id: 'owner-first-in-the-key',
    title: 'the column that says whose row it is leads a unique key',
    grade: 'fine',
    sql: many(`${USER}, name text, UNIQUE (user_id, name)`, '', `user_id = ${SUB}`),
    shows: works,
    plan: BY_INDEX,
  },
  {
    id: 'flag-without-an-index',
    title: 'a flag that is true for half of the rows has no index, and needs none',
    grade: 'closed',
    sql: many(SHARED, byUser, `shared OR user_id = ${SUB}`).replaceAll('shared', 'is_public'),
    shows: works,
  },
  {
    id: 'owner-in-a-hash-index',
    title: 'the column that says whose row it is has a hash index',
    grade: 'fine',
    sql: many(USER, 'CREATE INDEX ON api.things USING hash (user_id);', `user_id = ${SUB}`),
    shows: works,
    plan: BY_INDEX,
  },
  {
    id: 'list-compared-by-any',
    title: 'the claim is looked for in an array, which no index serves',
    grade: 'slow',
    rules: ['policy_column_not_indexed', 'column_cast'],
    sql: many(
      'user_ids text[] NOT NULL',
      'CREATE INDEX ON api.things USING gin (user_ids);',
      `${SUB} = ANY (user_ids)`,
    ),
    shows: works,
    plan: ALL_ROWS,
  },
  {
    id: 'list-compared-by-contains',
    title: 'an array contains the claim, by its index',
    grade: 'fine',
    sql: many(
      'user_ids text[] NOT NULL',
      'CREATE INDEX ON api.things USING gin (user_ids);',
      `user_ids @> ARRAY[${SUB}]`,
    ),
    shows: works,
    plan: BY_INDEX,
  },
  {
    id: 'memberships-without-an-index',
    title: 'the table of memberships is looked up by a column that only comes second in its key',
    grade: 'slow',
    rules: ['policy_column_not_indexed'],
    sql: `CREATE TABLE api.members (project_id int, user_id text, PRIMARY KEY (project_id, user_id)); ${protect('api.members')} GRANT SELECT ON api.members TO member;
      CREATE POLICY own ON api.members FOR SELECT TO member USING (user_id = ${SUB});
      ${many('project_id int NOT NULL', 'CREATE INDEX ON api.things (project_id);', `project_id IN (SELECT m.project_id FROM api.members AS m WHERE m.user_id = ${SUB})`)}`,
    shows: works,
  },
  {
    id: 'volatile-helper',
    title: 'a helper was left VOLATILE, so that it runs for each row',
    grade: 'slow',
    rules: ['volatile_in_policy', 'claim_per_row'],
    sql: `CREATE FUNCTION private.me() RETURNS text LANGUAGE plpgsql ${SAFE_PATH} AS $$ BEGIN RETURN ${PER_ROW}; END $$; GRANT EXECUTE ON FUNCTION private.me TO member;
      ${many(USER, byUser, 'user_id = private.me()')}`,
    shows: works,
    plan: ALL_ROWS,
  },
  {
    id: 'clock-for-each-row',
    title: 'clock_timestamp() is asked for each row, and no index serves it',
    grade: 'slow',
    rules: ['volatile_in_policy'],
    sql: many(
      'published_at timestamptz NOT NULL',
      'CREATE INDEX ON api.things (published_at);',
      'published_at <= clock_timestamp()',
    ),
    shows: works,
    plan: ALL_ROWS,
  },
  {
    id: 'now-by-index',
    title: 'now() is the same for all rows, so that an index serves it',
    grade: 'fine',
    sql: many(
      'published_at timestamptz NOT NULL',
      'CREATE INDEX ON api.things (published_at);',
      'published_at <= now()',
    ),
    shows: works,
    plan: BY_INDEX,
  },
  {
    id: 'clock-once',
    title: 'clock_timestamp() is asked once, in a sub-select',
    grade: 'closed',
    rules: ['volatile_in_policy'],
    sql: many(
      'published_at timestamptz NOT NULL',
      'CREATE INDEX ON api.things (published_at);',
      'published_at <= (SELECT clock_timestamp())',
    ),
    shows: works,
    plan: BY_INDEX,
  },
  {
    id: 'disjoint-permissive-policies',
    title: 'several permissive policies for one command, which say what belongs together',
    grade: 'closed',
    rules: ['several_permissive'],
    sql: `${many(`${USER}, reviewer_id text`, `${byUser} CREATE INDEX ON api.things (reviewer_id);`, `user_id = ${SUB}`)}
      CREATE POLICY reviewed ON api.things FOR SELECT TO member USING (reviewer_id = ${SUB});`,
    shows: works,
    plan: BY_INDEX,
  },
]);
