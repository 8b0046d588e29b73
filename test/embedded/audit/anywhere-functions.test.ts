import { useAnywhereDatabase } from '../../support/audit/anywhere-database.ts';
import { testRule } from '../../support/audit/rule-cases.ts';

const database = useAnywhereDatabase();

const CLAIMS = `current_setting('request.jwt.claims', true)::json`;
const SUB = `${CLAIMS} ->> 'sub'`;
const PATH = 'SET search_path = pg_catalog, pg_temp';
const DEFINER = `SECURITY DEFINER ${PATH}`;
const notes = `CREATE TABLE api.notes (id int PRIMARY KEY, user_id text NOT NULL, body text); ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY;`;
const grant = (name: string, role = 'member') => `GRANT EXECUTE ON FUNCTION ${name} TO ${role};`;
const all = (options: string) =>
  `${notes} CREATE FUNCTION api.list() RETURNS SETOF api.notes LANGUAGE sql ${options} AS 'SELECT * FROM api.notes';`;

testRule(
  database,
  'definer_trusts_caller',
  [
    {
      title: 'a function that gives anonymous all rows',
      sql: all(DEFINER) + grant('api.list', 'anon'),
      level: 'error',
      object: 'api.list()',
      says: ['anon', 'select rows of api.notes', 'rights of owner'],
    },
    {
      title: 'a function that PUBLIC may execute',
      sql: all(DEFINER) + grant('api.list', 'PUBLIC'),
      level: 'error',
      object: 'api.list()',
      says: ['anon and member'],
    },
    {
      title: 'a function that takes the user as its argument',
      sql: `${notes} CREATE FUNCTION api.of(who text) RETURNS SETOF api.notes LANGUAGE sql ${DEFINER} AS 'SELECT * FROM api.notes WHERE user_id = who'; ${grant('api.of')}`,
      level: 'warning',
      object: 'api.of(text)',
      says: ['member'],
    },
    {
      title: 'a function that asks for a role only',
      sql: `${notes} CREATE FUNCTION api.of(who text) RETURNS SETOF api.notes LANGUAGE sql ${DEFINER}
        AS $$ SELECT * FROM api.notes WHERE user_id = who AND ${CLAIMS} ->> 'role' = 'member' $$; ${grant('api.of')}`,
      level: 'warning',
      object: 'api.of(text)',
      says: ['member'],
    },
    {
      title: 'a function that only notes the claim',
      sql: `${notes} CREATE TABLE private.log (who text); CREATE FUNCTION api.one(note int) RETURNS SETOF api.notes LANGUAGE plpgsql ${DEFINER}
        AS $$ BEGIN INSERT INTO private.log VALUES (${SUB}); RETURN QUERY SELECT * FROM api.notes WHERE id = note; END $$; ${grant('api.one')}`,
      level: 'warning',
      object: 'api.one(integer)',
      says: ['member'],
    },
    {
      title: 'a function that has another one note the claim',
      sql: `${notes} CREATE TABLE private.log (who text); CREATE FUNCTION private.note() RETURNS void LANGUAGE sql AS $$ INSERT INTO private.log VALUES (${SUB}) $$;
        CREATE FUNCTION api.list() RETURNS SETOF api.notes LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN PERFORM private.note(); RETURN QUERY SELECT * FROM api.notes; END $$; ${grant('api.list')}`,
      level: 'warning',
      object: 'api.list()',
      says: ['member'],
    },
    {
      title: "a function that another one with the caller's rights calls",
      sql: `${all(DEFINER).replaceAll('api.list', 'private.list')} ${grant('private.list')} GRANT USAGE ON SCHEMA private TO member;
        CREATE FUNCTION api.list() RETURNS SETOF api.notes LANGUAGE sql AS 'SELECT * FROM private.list()'; ${grant('api.list')}`,
      level: 'warning',
      object: 'private.list()',
      says: ['through api.list()'],
    },
    {
      title: 'a function that deletes rows of a private table',
      sql: `CREATE TABLE private.prices (id int PRIMARY KEY, price int); CREATE FUNCTION api.forget(price int) RETURNS void LANGUAGE sql ${DEFINER} AS 'DELETE FROM private.prices WHERE id = price'; ${grant('api.forget', 'anon')}`,
      level: 'warning',
      object: 'api.forget(integer)',
      says: ['delete', 'private.prices'],
    },
    {
      title: 'a function that says if a row is there as information',
      sql: `${notes} CREATE FUNCTION api.has(who text) RETURNS boolean LANGUAGE sql ${DEFINER} AS 'SELECT EXISTS (SELECT FROM api.notes WHERE user_id = who)'; ${grant('api.has', 'anon')}`,
      level: 'info',
      object: 'api.has(text)',
      says: ['anon'],
    },
  ],
  [
    { title: 'a function that no role of requests may call', sql: all(DEFINER) },
    { title: "a function with the caller's rights", sql: all('STABLE') + grant('api.list') },
    {
      title: 'a function that keeps to the claim',
      sql: `${notes} CREATE FUNCTION api.mine() RETURNS SETOF api.notes LANGUAGE sql ${DEFINER} AS $$ SELECT * FROM api.notes WHERE user_id = ${SUB} $$; ${grant('api.mine')}`,
    },
    {
      title: 'a function that rejects others by a claim',
      sql: `${notes} CREATE FUNCTION api.list() RETURNS SETOF api.notes LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN
        IF ${CLAIMS} ->> 'admin' IS DISTINCT FROM 'true' THEN RAISE insufficient_privilege; END IF; RETURN QUERY SELECT * FROM api.notes; END $$; ${grant('api.list')}`,
    },
    {
      title: 'a function that looks up a row and then rejects others',
      sql: `${notes} CREATE FUNCTION api.forget(note int) RETURNS void LANGUAGE plpgsql ${DEFINER} AS $$ DECLARE own text; BEGIN
        SELECT user_id INTO own FROM api.notes WHERE id = note; IF own IS DISTINCT FROM ${SUB} THEN RAISE insufficient_privilege; END IF;
        DELETE FROM api.notes WHERE id = note; END $$; ${grant('api.forget')}`,
    },
    {
      title: 'a function that has another one reject others',
      sql: `${notes} CREATE FUNCTION private.admit() RETURNS void LANGUAGE plpgsql AS $$ BEGIN IF ${SUB} <> 'root' THEN RAISE insufficient_privilege; END IF; END $$;
        CREATE FUNCTION api.list() RETURNS SETOF api.notes LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN PERFORM private.admit(); RETURN QUERY SELECT * FROM api.notes; END $$; ${grant('api.list')}`,
    },
    {
      title: 'a function that looks up the user first',
      sql: `${notes} CREATE TABLE private.people (sub text, id text); CREATE FUNCTION api.mine() RETURNS SETOF api.notes LANGUAGE plpgsql ${DEFINER} AS $$ DECLARE own text; BEGIN
        SELECT id INTO own FROM private.people WHERE sub = ${SUB}; RETURN QUERY SELECT * FROM api.notes WHERE user_id = own; END $$; ${grant('api.mine')}`,
    },
    {
      title: 'a function that keeps to a setting of the API',
      sql: `${notes} CREATE FUNCTION api.mine() RETURNS SETOF api.notes LANGUAGE sql ${DEFINER} AS $$ SELECT * FROM api.notes WHERE user_id = current_setting('app.user') $$; ${grant('api.mine')}`,
    },
    {
      title: 'a function that a role may not pass that requests cannot take',
      sql: `${notes} CREATE FUNCTION api.list() RETURNS SETOF api.notes LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN
        IF ${CLAIMS} ->> 'role' <> 'service' THEN RAISE insufficient_privilege; END IF; RETURN QUERY SELECT * FROM api.notes; END $$; ${grant('api.list')}`,
    },
    {
      title: 'a login',
      sql: `CREATE TABLE private.accounts (user_id text, hash text); CREATE FUNCTION api.login(who text, password text) RETURNS SETOF text LANGUAGE sql ${DEFINER}
        AS 'SELECT user_id FROM private.accounts WHERE user_id = who AND hash = md5(password)'; ${grant('api.login', 'anon')}`,
    },
    {
      title: 'a function that counts visits',
      sql: `CREATE TABLE private.pages (id int PRIMARY KEY, visits int); CREATE FUNCTION api.visit(page int) RETURNS void LANGUAGE sql ${DEFINER}
        AS 'UPDATE private.pages SET visits = visits + 1 WHERE id = page'; ${grant('api.visit', 'anon')}`,
    },
    {
      title: 'a function that takes messages',
      sql: `CREATE TABLE private.messages (body text); CREATE FUNCTION api.send(body text) RETURNS void LANGUAGE sql ${DEFINER} AS 'INSERT INTO private.messages VALUES (body)'; ${grant('api.send', 'anon')}`,
    },
    {
      title: 'a function that computes',
      sql: `CREATE FUNCTION api.twice(n int) RETURNS int LANGUAGE sql ${DEFINER} AS 'SELECT 2 * n'; ${grant('api.twice', 'anon')}`,
    },
    {
      title: 'a function that policies call',
      sql: `${notes} CREATE TABLE private.teams (user_id text, team text); CREATE FUNCTION private.in_team(who text) RETURNS SETOF text LANGUAGE sql ${DEFINER} AS 'SELECT team FROM private.teams WHERE user_id = who';
        GRANT USAGE ON SCHEMA private TO member; ${grant('private.in_team')} GRANT SELECT ON api.notes TO member;
        CREATE POLICY own ON api.notes TO member USING (user_id IN (SELECT private.in_team(${SUB})));`,
    },
    {
      title: 'a function whose owner is bound by policies',
      sql: `${all(DEFINER)} ALTER TABLE api.notes FORCE ROW LEVEL SECURITY; CREATE POLICY own ON api.notes USING (user_id = ${SUB}); ${grant('api.list')}`,
    },
  ],
);

const runs = (body: string, options = DEFINER) =>
  `CREATE FUNCTION api.run(word text, number int) RETURNS SETOF text LANGUAGE plpgsql ${options} AS $$ DECLARE query text; BEGIN ${body} END $$; ${grant('api.run')}`;
testRule(
  database,
  'definer_dynamic_sql',
  [
    ...[
      ['an argument in SQL', `RETURN QUERY EXECUTE 'SELECT ''' || word || '''';`],
      ['an argument that format takes over by %s', `RETURN QUERY EXECUTE format('SELECT %L %s', number, word);`],
      ['an argument in a variable', `query := 'SELECT ' || word; RETURN QUERY EXECUTE query;`],
      ['an argument that only one of two uses quotes', `RETURN QUERY EXECUTE format('SELECT %L', word) || word;`],
      ['an argument by its position', `RETURN QUERY EXECUTE 'SELECT ' || $1;`],
    ].map(([title, body]) => ({
      title: title!,
      sql: runs(body!),
      level: 'error' as const,
      object: 'api.run(text,integer)',
      says: ['member', 'rights of owner'],
      mends: false,
    })),
    {
      title: "SQL that runs with the caller's rights",
      sql: runs('RETURN QUERY EXECUTE word;', ''),
      level: 'error',
      object: 'api.run(text,integer)',
      says: ['can set claims'],
      mends: false,
    },
    {
      title: 'a column of a written row in SQL',
      sql: `CREATE TABLE api.jobs (name text); GRANT INSERT ON api.jobs TO member; CREATE FUNCTION private.job() RETURNS trigger LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN
        EXECUTE 'CREATE ROLE ' || NEW.name; RETURN NEW; END $$; CREATE TRIGGER job AFTER INSERT ON api.jobs FOR EACH ROW EXECUTE FUNCTION private.job();`,
      level: 'error',
      object: 'private.job()',
      says: ['through api.jobs'],
      mends: false,
    },
  ],
  [
    {
      title: 'arguments that format quotes',
      sql: runs(`RETURN QUERY EXECUTE format('SELECT %2$L FROM %1$I', word, number);`),
    },
    { title: 'arguments given by USING', sql: runs(`RETURN QUERY EXECUTE 'SELECT $1' USING word;`) },
    { title: 'a quoted argument', sql: runs(`query := 'SELECT ' || quote_literal(word); RETURN QUERY EXECUTE query;`) },
    {
      title: 'a number of a written row',
      sql: `CREATE TABLE api.jobs (id int, name text); GRANT INSERT ON api.jobs TO member; CREATE FUNCTION private.job() RETURNS trigger LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN
        EXECUTE 'CREATE TABLE private.t' || NEW.id || ' ()'; EXECUTE format('COMMENT ON TABLE %I IS %L', NEW.name, NEW.name); RETURN NEW; END $$;
        CREATE TRIGGER job AFTER INSERT ON api.jobs FOR EACH ROW EXECUTE FUNCTION private.job();`,
    },
    { title: 'a number', sql: runs(`RETURN QUERY EXECUTE 'SELECT ' || number;`) },
    { title: 'the name of a table that exists', sql: runs(`RETURN QUERY EXECUTE 'SELECT 1 FROM ' || word::regclass;`) },
    {
      title: 'an argument that must be one of two words',
      sql: runs(
        `IF word NOT IN ('id', 'body') THEN RAISE invalid_parameter_value; END IF; RETURN QUERY EXECUTE 'SELECT ' || word;`,
      ),
    },
    {
      title: 'a function that no role of requests may call',
      sql: runs('RETURN QUERY EXECUTE word;').replace(grant('api.run'), ''),
    },
  ],
);

const mine = (path: string) =>
  `${notes} CREATE FUNCTION api.mine() RETURNS SETOF api.notes LANGUAGE sql SECURITY DEFINER ${path} AS $$ SELECT * FROM notes WHERE user_id = ${SUB} $$;`.replace(
    'CREATE FUNCTION',
    'SET LOCAL search_path = api; CREATE FUNCTION',
  );
testRule(
  database,
  'search_path_not_set',
  [
    {
      title: 'a function that requests call',
      sql: mine('') + grant('api.mine'),
      level: 'warning',
      object: 'api.mine()',
      says: ['member', 'rights of owner'],
    },
    {
      title: 'a function where requests may create what it names',
      sql: `${mine('')} ${grant('api.mine')} GRANT CREATE ON SCHEMA api TO member;`,
      level: 'error',
      object: 'api.mine()',
      says: ['create objects in api'],
    },
    {
      title: 'a function that a policy calls',
      sql: `${notes} CREATE FUNCTION private.me() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT ${SUB} $$; ${grant('private.me')}
        GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes TO member USING (user_id = private.me());`,
      level: 'warning',
      object: 'private.me()',
      says: ['through api.notes'],
    },
  ],
  [
    { title: 'a function with a search path', sql: mine('SET search_path = api, pg_temp') + grant('api.mine') },
    { title: 'a function that no role of requests may call', sql: mine('') },
    {
      title: "a function with the caller's rights",
      sql: `CREATE FUNCTION api.one() RETURNS int LANGUAGE sql AS 'SELECT 1'; ${grant('api.one')}`,
    },
    {
      title: 'a function with a body that Postgres has parsed',
      sql: `CREATE FUNCTION api.one() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1; ${grant('api.one')}`,
    },
  ],
);

testRule(
  database,
  'computed_column',
  [
    {
      title: "a column that reads a private table with its owner's rights",
      sql: `CREATE TABLE private.addresses (user_id text PRIMARY KEY, address text); CREATE TABLE api.articles (id int PRIMARY KEY, author text); GRANT SELECT ON api.articles TO anon;
        CREATE FUNCTION api.address(a api.articles) RETURNS text LANGUAGE sql ${DEFINER} AS 'SELECT p.address FROM private.addresses AS p WHERE p.user_id = a.author'; ${grant('api.address', 'anon')}`,
      level: 'warning',
      object: 'api.address(api.articles)',
      says: ['column of api.articles', 'anon', 'private.addresses'],
    },
  ],
  [
    {
      title: "a column with its owner's rights that reads no table",
      sql: `CREATE TABLE api.articles (id int PRIMARY KEY, author text); GRANT SELECT ON api.articles TO anon;
        CREATE FUNCTION api.title(a api.articles) RETURNS text LANGUAGE sql ${DEFINER} AS 'SELECT upper(a.author)'; ${grant('api.title', 'anon')}`,
    },
  ],
);

testRule(
  database,
  'function_setting',
  [
    {
      title: 'a function that becomes another role',
      sql: `CREATE FUNCTION api.one() RETURNS int LANGUAGE sql SET role = 'owner' AS 'SELECT 1'; ${grant('api.one')}`,
      level: 'error',
      object: 'api.one()',
      says: ['member', 'role=owner'],
    },
    {
      title: 'a function with claims of its own',
      sql: `RESET ROLE; CREATE FUNCTION api.one() RETURNS int LANGUAGE sql SET request.jwt.claims = '{"sub":"root"}' AS 'SELECT 1'; ${grant('api.one')}`,
      level: 'error',
      object: 'api.one()',
      says: ['member', 'request.jwt.claims='],
    },
  ],
  [
    {
      title: 'a function with a time zone',
      sql: `CREATE FUNCTION api.one() RETURNS int LANGUAGE sql SET timezone = 'UTC' AS 'SELECT 1'; ${grant('api.one')}`,
    },
    {
      title: 'a function that no role of requests may call',
      sql: `CREATE FUNCTION api.one() RETURNS int LANGUAGE sql SET role = 'owner' AS 'SELECT 1';`,
    },
  ],
);

const internal = `RESET ROLE; CREATE FUNCTION api.read(name text) RETURNS text LANGUAGE internal AS 'pg_read_file_all';`;
testRule(
  database,
  'untrusted_language',
  [
    {
      title: 'a function in the language of the server',
      sql: internal + grant('api.read'),
      level: 'error',
      object: 'api.read(text)',
      says: ['member', 'internal'],
    },
  ],
  [
    { title: 'such a function without a grant', sql: internal },
    {
      title: "an extension's function",
      sql: `RESET ROLE; CREATE EXTENSION pgcrypto SCHEMA api; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO anon;`,
    },
  ],
);

const leakproof = `${notes} GRANT SELECT ON api.notes TO member; RESET ROLE; CREATE FUNCTION api.short(n api.notes) RETURNS boolean LANGUAGE sql IMMUTABLE LEAKPROOF AS 'SELECT length(n.body) < 9';`;
testRule(
  database,
  'leakproof_function',
  [
    {
      title: 'a LEAKPROOF function of a row',
      sql: leakproof + grant('api.short'),
      level: 'error',
      object: 'api.short(api.notes)',
      says: ['member'],
    },
  ],
  [{ title: 'such a function without a grant', sql: leakproof }],
);

const touch = (volatility: string) =>
  `${notes} CREATE FUNCTION api.touch() RETURNS void LANGUAGE sql ${volatility} AS 'UPDATE api.notes SET body = NULL'; ${grant('api.touch')}`;
testRule(
  database,
  'writes_as_stable',
  [
    {
      title: 'a STABLE function that writes',
      // Postgres checks the body of a function in SQL.
      sql: `SET LOCAL check_function_bodies = off; ${touch('STABLE')}`,
      level: 'info',
      object: 'api.touch()',
      says: ['api.notes', 'STABLE', 'member'],
    },
  ],
  [{ title: 'a VOLATILE function that writes', sql: touch('VOLATILE') }],
);

const readFile = (options: string) =>
  `CREATE FUNCTION api.read(name text) RETURNS text LANGUAGE sql ${options} AS 'SELECT pg_read_file(name)'; ${grant('api.read')}`;
testRule(
  database,
  'dangerous_function',
  [
    {
      title: "a superuser's function that reads the file of its argument",
      sql: `RESET ROLE; ${readFile(DEFINER)}`,
      level: 'error',
      object: 'api.read(text)',
      says: ['name', 'member', 'pg_read_file'],
    },
    {
      title: 'a call by HTTP to the server that its argument names',
      sql: `RESET ROLE; CREATE FUNCTION private.http_post(url text, body text) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION api.send(host text) RETURNS int LANGUAGE sql ${DEFINER} AS $$ SELECT private.http_post(url := 'https://' || host, body := '') $$; ${grant('api.send')}`,
      level: 'error',
      object: 'api.send(text)',
      says: ['host', 'member', 'http_post'],
    },
    {
      title: "an extension's function that connects to other servers",
      sql: 'RESET ROLE; CREATE EXTENSION dblink SCHEMA api; GRANT EXECUTE ON FUNCTION api.dblink_connect(text) TO anon;',
      level: 'error',
      object: 'api.dblink_connect(text)',
      says: ['anon'],
    },
    {
      title: 'a granted function that nothing calls, as information',
      sql: 'RESET ROLE; GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO member;',
      level: 'info',
      object: 'pg_read_file(text)',
      says: ['member'],
    },
  ],
  [
    {
      title: 'a call by HTTP to one server',
      sql: `RESET ROLE; CREATE FUNCTION private.http_post(url text, body text) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION api.send(body text) RETURNS int LANGUAGE sql ${DEFINER} AS $$ SELECT private.http_post(url := 'https://hooks.example/in', body := body) $$; ${grant('api.send')}`,
    },
    { title: 'a function whose owner may not read files', sql: readFile(DEFINER) },
    {
      title: "a superuser's function that reads one file",
      sql: `RESET ROLE; CREATE FUNCTION api.version() RETURNS text LANGUAGE sql ${DEFINER} AS $$ SELECT pg_read_file('PG_VERSION') $$; ${grant('api.version')}`,
    },
  ],
);

testRule(
  database,
  'second_door',
  [
    {
      title: 'dblink in a schema that requests may use, as information',
      sql: 'RESET ROLE; CREATE EXTENSION dblink SCHEMA private; GRANT USAGE ON SCHEMA private TO member; GRANT EXECUTE ON FUNCTION private.dblink_connect(text) TO member;',
      level: 'info',
      object: 'extension dblink',
      says: ['private', 'member'],
      mends: false,
    },
  ],
  [{ title: 'dblink in a schema that no request uses', sql: 'RESET ROLE; CREATE EXTENSION dblink SCHEMA private;' }],
);

testRule(
  database,
  'extension_exposed',
  [
    {
      title: 'an extension in the exposed schema',
      sql: 'RESET ROLE; CREATE EXTENSION pgcrypto SCHEMA api; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO anon;',
      level: 'warning',
      object: 'extension pgcrypto',
      says: ['api', 'anon'],
    },
  ],
  [
    { title: 'an extension in another schema', sql: 'RESET ROLE; CREATE EXTENSION pgcrypto SCHEMA private;' },
    {
      title: 'an extension whose functions no role may execute',
      sql: 'RESET ROLE; CREATE EXTENSION pgcrypto SCHEMA api;',
    },
  ],
);

const logged = (path: string) =>
  `${notes} GRANT INSERT ON api.notes TO member; CREATE TABLE private.log (note int); CREATE FUNCTION private.log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${path}
    AS 'BEGIN INSERT INTO private.log VALUES (NEW.id); RETURN NEW; END'; CREATE TRIGGER log AFTER INSERT ON api.notes FOR EACH ROW EXECUTE FUNCTION private.log();`;
testRule(
  database,
  'trigger_own_rights',
  [
    {
      title: 'a trigger whose function has no search path',
      sql: logged(''),
      level: 'warning',
      object: 'trigger log of api.notes',
      says: ['private.log()', 'rights of owner', 'member'],
    },
    {
      title: 'such a trigger where requests may create what it names',
      sql: `${logged('')} GRANT CREATE ON SCHEMA api TO member;`,
      level: 'error',
      object: 'trigger log of api.notes',
      says: ['create objects in api'],
    },
  ],
  [
    { title: 'a trigger whose function has a search path', sql: logged(PATH) },
    {
      title: 'a trigger of a table that no request writes',
      sql: `${logged('')} REVOKE INSERT ON api.notes FROM member;`,
    },
  ],
);

const rule = (action: string) =>
  `CREATE TABLE private.balances (user_id text, amount int); CREATE TABLE api.transfers (user_id text, amount int); GRANT INSERT ON api.transfers TO member;
   CREATE RULE moves AS ON INSERT TO api.transfers DO INSTEAD ${action};`;
testRule(
  database,
  'rewrite_rule',
  [
    {
      title: 'a rule that writes a private table',
      sql: rule('UPDATE private.balances SET amount = NEW.amount'),
      level: 'warning',
      object: 'rule moves of api.transfers',
      says: ['member', 'rights of owner', 'private.balances'],
    },
  ],
  [
    { title: 'a rule that does nothing', sql: rule('NOTHING') },
    {
      title: 'a rule of a table that no request writes',
      sql: `${rule('DELETE FROM private.balances')} REVOKE INSERT ON api.transfers FROM member;`,
    },
  ],
);
