import { casesOn } from './case.ts';
import {
  asAnn,
  asAnonymous,
  claim,
  claimPerRow,
  notes,
  openNotes,
  ownNotes,
  protect,
  SAFE_PATH,
  SUB,
} from './snippets.ts';

const DEFINER = `STABLE SECURITY DEFINER ${SAFE_PATH}`;
/** Notes in a schema that nobody may use. */
const hidden = openNotes.replaceAll('api.notes', 'private.notes');
const CLAIM = claimPerRow('sub');

/** Functions: whose rights they have, what they ask, what they run. */
export const functions = casesOn('postgrest', [
  {
    id: 'definer-for-anonymous',
    title: "anonymous calls a function that reads all rows with its owner's rights",
    grade: 'open',
    rules: ['definer_trusts_caller'],
    sql: `${ownNotes} RESET ROLE; CREATE FUNCTION api.all_notes() RETURNS SETOF api.notes LANGUAGE sql ${DEFINER} AS 'SELECT * FROM api.notes'; GRANT EXECUTE ON FUNCTION api.all_notes TO anon;`,
    shows: [asAnonymous('some', 'SELECT FROM api.all_notes()')],
  },
  {
    id: 'definer-for-public',
    title: "a superuser's function with the rights of its owner, of which EXECUTE was left to PUBLIC",
    grade: 'open',
    rules: ['definer_trusts_caller', 'granted_to_public'],
    sql: `${ownNotes} RESET ROLE; CREATE FUNCTION api.all_notes() RETURNS SETOF api.notes LANGUAGE sql ${DEFINER} AS 'SELECT * FROM api.notes'; GRANT EXECUTE ON FUNCTION api.all_notes TO PUBLIC;`,
    shows: [asAnonymous('some', 'SELECT FROM api.all_notes()')],
  },
  {
    id: 'definer-trusts-its-argument',
    title: 'the argument of a function says whose rows it returns',
    grade: 'open',
    rules: ['definer_trusts_caller'],
    sql: `${ownNotes} RESET ROLE; CREATE FUNCTION api.notes_of("user" text) RETURNS SETOF api.notes LANGUAGE sql ${DEFINER} AS 'SELECT * FROM api.notes WHERE user_id = "user"'; GRANT EXECUTE ON FUNCTION api.notes_of TO member;`,
    shows: [asAnn('some', `SELECT FROM api.notes_of('bob')`)],
  },
  {
    id: 'definer-deletes-by-id',
    title: 'a function deletes any row whose number it is given',
    grade: 'open',
    rules: ['definer_trusts_caller'],
    sql: `${hidden} CREATE FUNCTION api.delete_note(note int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER ${SAFE_PATH} AS $$ BEGIN DELETE FROM private.notes WHERE id = note; END $$; GRANT EXECUTE ON FUNCTION api.delete_note TO member;`,
    shows: [asAnn('some', 'SELECT api.delete_note(2)')],
  },
  {
    id: 'definer-notes-the-claim-only',
    title: 'a function logs the claim, and returns any row that it is asked for',
    grade: 'open',
    rules: ['definer_trusts_caller'],
    sql: `${hidden} CREATE TABLE private.log (who text, note int);
      CREATE FUNCTION api.note(note int) RETURNS SETOF private.notes LANGUAGE plpgsql SECURITY DEFINER ${SAFE_PATH} AS $$ BEGIN
        INSERT INTO private.log VALUES (${CLAIM}, note); RETURN QUERY SELECT * FROM private.notes WHERE id = note; END $$; GRANT EXECUTE ON FUNCTION api.note TO member;`,
    shows: [asAnn('some', 'SELECT FROM api.note(2)')],
  },
  {
    id: 'definer-keeps-to-the-claim',
    title: "a function with its owner's rights keeps to the rows of the claim",
    grade: 'fine',
    sql: `${hidden} CREATE FUNCTION api.my_notes() RETURNS SETOF private.notes LANGUAGE sql ${DEFINER} AS $$ SELECT * FROM private.notes WHERE user_id = ${CLAIM} $$; GRANT EXECUTE ON FUNCTION api.my_notes TO member;`,
    shows: [
      asAnn('none', `SELECT FROM api.my_notes() WHERE user_id = 'bob'`),
      asAnn('some', 'SELECT FROM api.my_notes()'),
    ],
  },
  {
    id: 'definer-deletes-own-by-id',
    title: 'a function deletes a row whose number it is given, if the row is of the claim',
    grade: 'fine',
    sql: `${hidden} CREATE FUNCTION api.delete_note(note int) RETURNS SETOF int LANGUAGE plpgsql SECURITY DEFINER ${SAFE_PATH} AS $$ BEGIN
        RETURN QUERY DELETE FROM private.notes WHERE id = note AND user_id = ${CLAIM} RETURNING id; END $$; GRANT EXECUTE ON FUNCTION api.delete_note TO member;`,
    shows: [asAnn('none', 'SELECT FROM api.delete_note(2)'), asAnn('some', 'SELECT FROM api.delete_note(1)')],
  },
  {
    id: 'definer-raises-for-others',
    title: 'a function raises an error unless the claim names an administrator',
    grade: 'fine',
    sql: `${hidden} CREATE FUNCTION api.all_notes() RETURNS SETOF private.notes LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN
        IF ${claimPerRow('is_admin')} IS DISTINCT FROM 'true' THEN RAISE insufficient_privilege USING MESSAGE = 'for administrators only'; END IF;
        RETURN QUERY SELECT * FROM private.notes; END $$; GRANT EXECUTE ON FUNCTION api.all_notes TO member;`,
    shows: [
      asAnn('fails', 'SELECT FROM api.all_notes()'),
      asAnn('some', 'SELECT FROM api.all_notes()', { is_admin: true }),
    ],
  },
  {
    id: 'definer-asks-a-helper',
    title: "a function with its owner's rights asks a helper for the claim",
    grade: 'fine',
    sql: `${hidden} CREATE FUNCTION private.me() RETURNS text LANGUAGE sql STABLE ${SAFE_PATH} AS $$ SELECT ${CLAIM} $$;
      CREATE FUNCTION api.my_notes() RETURNS SETOF private.notes LANGUAGE sql ${DEFINER} AS 'SELECT * FROM private.notes WHERE user_id = private.me()'; GRANT EXECUTE ON FUNCTION api.my_notes TO member;`,
    shows: [
      asAnn('none', `SELECT FROM api.my_notes() WHERE user_id = 'bob'`),
      asAnn('some', 'SELECT FROM api.my_notes()'),
    ],
  },
  {
    id: 'definer-without-grant',
    title: "a function reads everything with its owner's rights, and no role of requests may call it",
    grade: 'closed',
    rules: ['definer_trusts_caller'],
    sql: `${hidden} CREATE FUNCTION api.all_notes() RETURNS SETOF private.notes LANGUAGE sql ${DEFINER} AS 'SELECT * FROM private.notes';`,
    shows: [asAnn('fails', 'SELECT FROM api.all_notes()')],
  },
  {
    id: 'definer-elsewhere',
    title: 'everybody may execute a function of a schema that nobody may use',
    grade: 'closed',
    rules: ['definer_trusts_caller'],
    sql: `${hidden} CREATE FUNCTION private.all_notes() RETURNS SETOF private.notes LANGUAGE sql ${DEFINER} AS 'SELECT * FROM private.notes'; GRANT EXECUTE ON FUNCTION private.all_notes TO PUBLIC;`,
    shows: [asAnn('fails', 'SELECT FROM private.all_notes()')],
  },
  {
    id: 'definer-bound-by-policies',
    title: "a function with its owner's rights, and forced policies keep its owner to the rows of the claim",
    grade: 'fine',
    sql: `${notes} GRANT SELECT ON api.notes TO member; CREATE POLICY own ON api.notes FOR SELECT TO member, owner USING (user_id = ${SUB});
      CREATE FUNCTION api.search(word text) RETURNS SETOF api.notes LANGUAGE sql ${DEFINER} AS 'SELECT * FROM api.notes WHERE body LIKE word'; GRANT EXECUTE ON FUNCTION api.search TO member;`,
    shows: [asAnn('none', `SELECT FROM api.search('%bob')`), asAnn('some', `SELECT FROM api.search('%ann')`)],
  },
  {
    id: 'definer-touches-no-table',
    title: "a function with its owner's rights that touches no table",
    grade: 'closed',
    sql: `CREATE FUNCTION api.version() RETURNS text LANGUAGE sql ${DEFINER} AS $$ SELECT '1.0' $$; GRANT EXECUTE ON FUNCTION api.version TO anon;`,
    shows: [asAnonymous('some', 'SELECT api.version()')],
  },
  {
    id: 'login-by-password',
    title: 'a login: anonymous gives an address and a password, and a function compares them',
    grade: 'fine',
    sql: `CREATE EXTENSION pgcrypto SCHEMA private; RESET ROLE; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA private TO owner; SET LOCAL ROLE owner;
      CREATE TABLE private.accounts (email text PRIMARY KEY, password text NOT NULL, user_id text NOT NULL);
      INSERT INTO private.accounts VALUES ('bob@example.com', private.crypt('secret', private.gen_salt('bf', 4)), 'bob');
      CREATE FUNCTION api.login(email text, password text) RETURNS SETOF text LANGUAGE sql ${DEFINER} AS
        'SELECT a.user_id FROM private.accounts AS a WHERE a.email = login.email AND a.password = private.crypt(login.password, a.password)';
      GRANT EXECUTE ON FUNCTION api.login TO anon;`,
    shows: [
      asAnonymous('none', `SELECT FROM api.login('bob@example.com', 'guess')`),
      asAnonymous('some', `SELECT FROM api.login('bob@example.com', 'secret')`),
    ],
  },
  {
    id: 'invoker-reads-a-table-with-policies',
    title: "a function with the caller's rights and no search path reads a table with policies",
    grade: 'closed',
    rules: ['search_path_not_set'],
    sql: `${ownNotes} CREATE FUNCTION api.search(word text) RETURNS SETOF api.notes LANGUAGE sql STABLE AS 'SELECT * FROM api.notes WHERE body LIKE word'; GRANT EXECUTE ON FUNCTION api.search TO member;`,
    shows: [asAnn('none', `SELECT FROM api.search('%bob')`)],
  },
  {
    id: 'definer-without-search-path',
    title: 'a definer function without a search path, and members may create in the schema that it looks into first',
    grade: 'open',
    rules: ['search_path_not_set', 'create_on_schema'],
    sql: `${hidden} CREATE FUNCTION api.my_notes() RETURNS SETOF private.notes LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$ BEGIN
        RETURN QUERY SELECT * FROM private.notes WHERE user_id = ${CLAIM} AND length(body) > 0; END $$; GRANT EXECUTE ON FUNCTION api.my_notes TO member;
      GRANT CREATE ON SCHEMA api TO member;`,
    shows: [asAnn('some', `CREATE FUNCTION api.length(text) RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT 1`)],
  },
  {
    id: 'sql-from-an-argument',
    title: 'a definer function joins its argument into SQL',
    grade: 'open',
    rules: ['definer_dynamic_sql', 'definer_trusts_caller'],
    sql: `${hidden} CREATE FUNCTION api.search(word text) RETURNS SETOF private.notes LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN
        RETURN QUERY EXECUTE 'SELECT * FROM private.notes WHERE user_id = ' || quote_literal(${CLAIM}) || ' AND body LIKE ''' || word || ''''; END $$; GRANT EXECUTE ON FUNCTION api.search TO member;`,
    shows: [
      asAnn('none', `SELECT FROM api.search('%bob')`),
      asAnn('some', `SELECT FROM api.search(''' OR user_id = ''bob')`),
    ],
  },
  {
    id: 'sql-formatted-without-quotes',
    title: 'a definer function formats its argument into SQL by %s',
    grade: 'open',
    rules: ['definer_dynamic_sql', 'definer_trusts_caller'],
    sql: `${hidden} CREATE FUNCTION api.sorted(by text) RETURNS SETOF private.notes LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN
        RETURN QUERY EXECUTE format('SELECT * FROM private.notes WHERE user_id = %L ORDER BY %s', ${CLAIM}, by); END $$; GRANT EXECUTE ON FUNCTION api.sorted TO member;`,
    shows: [
      asAnn('fails', `SELECT FROM api.sorted('(SELECT 1 / (id - 2) FROM private.notes WHERE body = ''of bob'')')`),
      asAnn('some', `SELECT FROM api.sorted('(SELECT 1 / (id - 2) FROM private.notes WHERE body = ''of eve'')')`),
    ],
  },
  {
    id: 'sql-formatted-with-quotes',
    title: 'a definer function formats its arguments into SQL by %I and %L',
    grade: 'fine',
    sql: `${hidden} CREATE FUNCTION api.sorted(by text) RETURNS SETOF private.notes LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN
        RETURN QUERY EXECUTE format('SELECT * FROM private.notes WHERE user_id = %L ORDER BY %I', ${CLAIM}, by); END $$; GRANT EXECUTE ON FUNCTION api.sorted TO member;`,
    shows: [asAnn('none', `SELECT FROM api.sorted('id') WHERE user_id = 'bob'`)],
  },
  {
    id: 'sql-with-using',
    title: 'a definer function gives its argument to SQL by USING',
    grade: 'fine',
    sql: `${hidden} CREATE FUNCTION api.search(word text) RETURNS SETOF private.notes LANGUAGE plpgsql ${DEFINER} AS $$ BEGIN
        RETURN QUERY EXECUTE 'SELECT * FROM private.notes WHERE user_id = $1 AND body LIKE $2' USING ${CLAIM}, word; END $$; GRANT EXECUTE ON FUNCTION api.search TO member;`,
    shows: [asAnn('none', `SELECT FROM api.search('''OR user_id = ''bob')`)],
  },
  {
    id: 'any-sql',
    title: "a function runs any SQL with the caller's rights, which can set claims",
    grade: 'open',
    rules: ['definer_dynamic_sql', 'dangerous_function'],
    sql: `${ownNotes} CREATE FUNCTION api.run(query text) RETURNS SETOF json LANGUAGE plpgsql ${SAFE_PATH} AS $$ BEGIN RETURN QUERY EXECUTE query; END $$; GRANT EXECUTE ON FUNCTION api.run TO member;`,
    shows: [
      asAnn(
        'some',
        `SELECT FROM api.run($$ WITH pretend AS MATERIALIZED (SELECT set_config('request.jwt.claims', '{"sub":"bob"}', true)) SELECT to_json(set_config) FROM pretend $$);
         SELECT FROM api.run($$ SELECT to_json(n) FROM api.notes AS n WHERE user_id = 'bob' $$)`,
      ),
    ],
  },
  {
    id: 'function-becomes-the-owner',
    title: 'a function becomes the owner by its setting of the role, of which the authenticator is a member',
    grade: 'open',
    rules: ['function_setting', 'authenticator_member'],
    sql: `${hidden} CREATE FUNCTION api.all_notes() RETURNS SETOF private.notes LANGUAGE sql STABLE ${SAFE_PATH} SET role = 'owner' AS 'SELECT * FROM private.notes'; GRANT EXECUTE ON FUNCTION api.all_notes TO member;
      RESET ROLE; GRANT owner TO authenticator;`,
    undo: 'REVOKE owner FROM authenticator',
    shows: [asAnn('some', 'SELECT FROM api.all_notes()')],
  },
  {
    id: 'function-without-triggers',
    title: 'a function of a superuser turns off triggers, those that keep balances too',
    grade: 'open',
    rules: ['function_setting', 'definer_trusts_caller'],
    sql: `CREATE TABLE api.transfers (id int PRIMARY KEY, user_id text NOT NULL, amount int); ${protect('api.transfers')} RESET ROLE;
      CREATE FUNCTION api.add_transfer(id int, "user" text, amount int) RETURNS int LANGUAGE sql SECURITY DEFINER ${SAFE_PATH} SET session_replication_role = 'replica'
        AS 'INSERT INTO api.transfers VALUES (id, "user", amount) RETURNING 1'; GRANT EXECUTE ON FUNCTION api.add_transfer TO member;`,
    shows: [asAnn('some', `SELECT api.add_transfer(1, 'bob', 5)`)],
  },
  {
    id: 'function-with-harmless-settings',
    title: 'a function sets memory and time zone',
    grade: 'fine',
    sql: `${ownNotes} CREATE FUNCTION api.search(word text) RETURNS SETOF api.notes LANGUAGE sql STABLE ${SAFE_PATH} SET work_mem = '16MB' SET timezone = 'UTC' AS 'SELECT * FROM api.notes WHERE body LIKE word'; GRANT EXECUTE ON FUNCTION api.search TO member;`,
    shows: [asAnn('none', `SELECT FROM api.search('%bob')`)],
  },
  {
    id: 'file-by-internal-function',
    title: 'a function in the language of the server itself reads files',
    grade: 'open',
    rules: ['untrusted_language', 'dangerous_function'],
    sql: `RESET ROLE; CREATE FUNCTION api.read_file(name text) RETURNS text LANGUAGE internal STRICT ${SAFE_PATH} AS 'pg_read_file_all'; GRANT EXECUTE ON FUNCTION api.read_file TO member;`,
    shows: [asAnn('some', `SELECT api.read_file('PG_VERSION')`)],
  },
  {
    id: 'internal-function-without-grant',
    title: 'a function in the language of the server itself that no role of requests may call',
    grade: 'closed',
    rules: ['untrusted_language'],
    sql: `RESET ROLE; CREATE FUNCTION api.read_file(name text) RETURNS text LANGUAGE internal STRICT ${SAFE_PATH} AS 'pg_read_file_all';`,
    shows: [asAnn('fails', `SELECT api.read_file('PG_VERSION')`)],
  },
  {
    id: 'file-by-a-granted-function',
    title: "a function with the caller's rights reads files, and members were granted the right to",
    grade: 'open',
    rules: ['dangerous_function'],
    sql: `CREATE FUNCTION api.read_file(name text) RETURNS text LANGUAGE sql ${SAFE_PATH} AS 'SELECT pg_read_file(name)'; GRANT EXECUTE ON FUNCTION api.read_file TO member;
      RESET ROLE; GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO member;`,
    shows: [asAnn('some', `SELECT api.read_file('PG_VERSION')`)],
  },
  {
    id: 'file-by-a-definer',
    title: "a superuser's function reads the file that its argument names",
    grade: 'open',
    rules: ['dangerous_function', 'definer_trusts_caller'],
    sql: `RESET ROLE; CREATE FUNCTION api.read_file(name text) RETURNS text LANGUAGE sql SECURITY DEFINER ${SAFE_PATH} AS 'SELECT pg_read_file(name)'; GRANT EXECUTE ON FUNCTION api.read_file TO member;`,
    shows: [asAnn('some', `SELECT api.read_file('PG_VERSION')`)],
  },
  {
    id: 'file-function-without-a-way',
    title: 'members were granted the right to read files, and nothing of the API calls the function',
    grade: 'closed',
    rules: ['dangerous_function'],
    sql: `RESET ROLE; GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO member;`,
  },
  {
    id: 'dblink-in-the-exposed-schema',
    title: 'dblink is in the exposed schema: requests open connections from the server',
    grade: 'open',
    rules: ['extension_exposed', 'second_door', 'dangerous_function'],
    sql: `RESET ROLE; CREATE EXTENSION dblink SCHEMA api; GRANT EXECUTE ON FUNCTION api.dblink_connect(text), api.dblink_exec(text) TO member;`,
  },
  {
    id: 'dblink-elsewhere',
    title: 'dblink is in a schema that nobody may use',
    grade: 'closed',
    rules: ['second_door'],
    sql: `RESET ROLE; CREATE EXTENSION dblink SCHEMA private;`,
  },
  {
    id: 'pgcrypto-in-the-exposed-schema',
    title: 'pgcrypto is in the exposed schema, and anonymous may call its functions',
    grade: 'open',
    rules: ['extension_exposed'],
    sql: `RESET ROLE; CREATE EXTENSION pgcrypto SCHEMA api; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO anon;`,
    shows: [asAnonymous('some', `SELECT api.gen_salt('bf', 31)`)],
  },
  {
    id: 'pgcrypto-elsewhere',
    title: 'pgcrypto is in a schema that is not exposed',
    grade: 'fine',
    sql: `RESET ROLE; CREATE SCHEMA extensions; CREATE EXTENSION pgcrypto SCHEMA extensions; GRANT USAGE ON SCHEMA extensions TO anon, member;`,
  },
  {
    id: 'leakproof-by-hand',
    title: 'a function that fails with the value it met is marked LEAKPROOF: it runs before the policies',
    grade: 'open',
    rules: ['leakproof_function'],
    sql: `${ownNotes} RESET ROLE; CREATE FUNCTION api.positive(note api.notes) RETURNS boolean LANGUAGE plpgsql IMMUTABLE LEAKPROOF COST 0.0001 ${SAFE_PATH} AS $$ BEGIN
        IF note.user_id = 'bob' THEN RAISE EXCEPTION 'met: %', note.body; END IF; RETURN true; END $$; GRANT EXECUTE ON FUNCTION api.positive TO member;`,
    shows: [
      asAnn(
        'fails',
        'SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SELECT FROM api.notes WHERE api.positive(notes)',
      ),
    ],
  },
  {
    id: 'leakproof-without-grant',
    title: 'a function marked LEAKPROOF that no role of requests may call',
    grade: 'closed',
    rules: ['leakproof_function'],
    sql: `${ownNotes} RESET ROLE; CREATE FUNCTION api.positive(note api.notes) RETURNS boolean LANGUAGE plpgsql IMMUTABLE LEAKPROOF COST 0.0001 ${SAFE_PATH} AS $$ BEGIN
        IF note.user_id = 'bob' THEN RAISE EXCEPTION 'met: %', note.body; END IF; RETURN true; END $$;`,
    shows: [asAnn('fails', 'SELECT FROM api.notes WHERE api.positive(notes)')],
  },
  {
    id: 'writes-as-stable',
    title: 'a function that is said to be STABLE writes: it fails',
    grade: 'closed',
    rules: ['writes_as_stable'],
    sql: `${ownNotes} CREATE FUNCTION api.touch() RETURNS void LANGUAGE plpgsql STABLE ${SAFE_PATH} AS $$ BEGIN UPDATE api.notes SET body = body; END $$; GRANT EXECUTE ON FUNCTION api.touch TO member;`,
    shows: [asAnn('fails', 'SELECT api.touch()')],
  },
  {
    id: 'computed-column-of-a-definer',
    title: 'a computed column reads the private address of an author, for whoever names the author',
    grade: 'open',
    rules: ['computed_column', 'definer_trusts_caller'],
    sql: `CREATE TABLE private.addresses (user_id text PRIMARY KEY, address text); INSERT INTO private.addresses VALUES ('bob', 'Main Street');
      CREATE TABLE api.articles (id int PRIMARY KEY, author_id text NOT NULL); INSERT INTO api.articles VALUES (1, 'bob'); CREATE INDEX ON api.articles (author_id); ${protect('api.articles')}
      GRANT SELECT ON api.articles TO anon; CREATE POLICY everybody ON api.articles FOR SELECT TO anon USING (id > 0);
      CREATE FUNCTION api.address(article api.articles) RETURNS text LANGUAGE sql ${DEFINER} AS 'SELECT a.address FROM private.addresses AS a WHERE a.user_id = article.author_id'; GRANT EXECUTE ON FUNCTION api.address TO anon;`,
    shows: [asAnonymous('some', 'SELECT FROM api.articles WHERE api.address(articles) IS NOT NULL')],
  },
  {
    id: 'computed-column-of-the-caller',
    title: "a computed column with the caller's rights",
    grade: 'fine',
    sql: `${ownNotes} CREATE FUNCTION api.title(note api.notes) RETURNS text LANGUAGE sql IMMUTABLE ${SAFE_PATH} AS 'SELECT left(note.body, 20)'; GRANT EXECUTE ON FUNCTION api.title TO member;`,
    shows: [asAnn('none', `SELECT FROM api.notes WHERE api.title(notes) LIKE '%bob'`)],
  },
  {
    id: 'definer-trigger-with-search-path',
    title: "a trigger notes who wrote, with its owner's rights and a search path",
    grade: 'fine',
    sql: `${ownNotes} CREATE TABLE private.log (who text, note int);
      CREATE FUNCTION private.log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${SAFE_PATH} AS $$ BEGIN INSERT INTO private.log VALUES (${CLAIM}, NEW.id); RETURN NEW; END $$;
      CREATE TRIGGER log AFTER INSERT OR UPDATE ON api.notes FOR EACH ROW EXECUTE FUNCTION private.log();`,
    shows: [asAnn('fails', 'SELECT FROM private.log')],
  },
  {
    id: 'definer-trigger-function-for-all',
    title: 'everybody may execute a trigger function, which no request can call',
    grade: 'closed',
    sql: `${ownNotes} CREATE TABLE private.log (who text, note int);
      CREATE FUNCTION api.log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${SAFE_PATH} AS $$ BEGIN INSERT INTO private.log VALUES (${CLAIM}, NEW.id); RETURN NEW; END $$;
      GRANT EXECUTE ON FUNCTION api.log TO PUBLIC; CREATE TRIGGER log AFTER INSERT ON api.notes FOR EACH ROW EXECUTE FUNCTION api.log();`,
    shows: [asAnn('fails', 'SELECT api.log()')],
  },
  {
    id: 'definer-trigger-without-search-path',
    title: "a trigger with its owner's rights and no search path, and members may create where it looks",
    grade: 'open',
    rules: ['trigger_own_rights', 'search_path_not_set', 'create_on_schema'],
    sql: `${ownNotes} CREATE TABLE private.log (who text, note int);
      CREATE FUNCTION private.log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO private.log VALUES (initcap(${CLAIM}), NEW.id); RETURN NEW; END $$;
      CREATE TRIGGER log AFTER INSERT OR UPDATE ON api.notes FOR EACH ROW EXECUTE FUNCTION private.log(); RESET ROLE; GRANT USAGE, CREATE ON SCHEMA public TO member;`,
  },
  {
    id: 'pre-request-of-the-caller',
    title: 'a pre-request function rejects tokens without a subject',
    grade: 'fine',
    sql: `${ownNotes} CREATE FUNCTION api.check_token() RETURNS void LANGUAGE plpgsql STABLE ${SAFE_PATH} AS $$ BEGIN
        IF current_user = 'member' AND ${CLAIM} IS NULL THEN RAISE invalid_authorization_specification; END IF; END $$;
      GRANT EXECUTE ON FUNCTION api.check_token TO anon, member; RESET ROLE; ALTER ROLE authenticator SET pgrst.db_pre_request = 'api.check_token';`,
    undo: 'ALTER ROLE authenticator RESET pgrst.db_pre_request',
    shows: [asAnn('some', 'SELECT api.check_token()')],
  },
  {
    id: 'definer-asks-the-role-only',
    title: 'a function asks for the role of members, and returns the rows of any user',
    grade: 'open',
    rules: ['definer_trusts_caller'],
    sql: `${hidden} CREATE FUNCTION api.notes_of("user" text) RETURNS SETOF private.notes LANGUAGE sql ${DEFINER} AS
        $$ SELECT * FROM private.notes WHERE user_id = "user" AND ${claim('role')} = 'member' $$; GRANT EXECUTE ON FUNCTION api.notes_of TO member;`,
    shows: [asAnn('some', `SELECT FROM api.notes_of('bob')`)],
  },
]);
