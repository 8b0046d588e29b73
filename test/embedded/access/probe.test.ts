import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { membership, type Command, type Declaration, type DeclarationInput } from '../../../declaration/index.ts';
import { quoteIdentifier, quoteLiteral } from '../../../postgres/quote.ts';
import { accessMatrix } from '../../../access/matrix.ts';
import { COMMANDS } from '../../../declaration/commands.ts';
import { probeAccess, type AccessProbe } from '../../../access/map/probe.ts';
import type { Reach } from '../../../access/map/reach.ts';
import { sampleSubjects } from '../../../access/subjects.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { describeAsAdmins } from '../../support/admins.ts';
import { accessState, useCluster, type Admin, type Row, type TestDatabase } from '../../support/database.ts';
import { hostileText } from '../../support/hostile-text.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

/** What differs from the declaration of the notes, by the name of the database. */
type More = (name: string) => Partial<DeclarationInput>;

/** A database with the declaration of the notes, and what is added to it by hand. */
class Probed {
  readonly database: TestDatabase;
  readonly declaration: Declaration;

  constructor(database: TestDatabase, declaration: Declaration) {
    this.database = database;
    this.declaration = declaration;
  }

  static async start(sql = '', admin: Admin = 'superuser', more: More = () => ({})): Promise<Probed> {
    const database = await cluster.database(admin);
    const probed = new Probed(database, notes(database.name, more(database.name)));
    await database.apply(probed.declaration);
    await probed.sql(sql);
    return probed;
  }

  get user() {
    return { role: `${this.database.name}_user`, claims: { user_id: 1 } };
  }

  /** Of the roles: `anon`, `me` (the user), `other` and `owner`. Tables that it makes are the owner's, as a migration's are. */
  sql(text: string) {
    const { name } = this.database;
    const roles = { anon: `${name}_anon`, me: `${name}_user`, other: `${name}_other`, owner: `${name}_owner` };
    const named = text.replace(/\b(anon|me|other|owner)\b(?=[ ;,)]|$)/gm, (role) => roles[role as keyof typeof roles]);
    return this.database.sql(`SET ROLE ${roles.owner}; ${named}`);
  }

  reach(command: Command, table = 'notes', more: Partial<AccessProbe> = {}): Promise<Reach> {
    const probe = { relation: { schema: 'api', name: table }, command, subject: this.user, ...more };
    return withClient(this.database.admin, (client) => probeAccess(client, this.declaration, probe));
  }

  /** Of every command: the keys of the rows, or the code of the refusal. */
  async reaches(
    table = 'notes',
    more: Partial<AccessProbe> = {},
  ): Promise<Record<Command, readonly string[] | string>> {
    const found = { select: '', insert: '', update: '', delete: '' } as Record<Command, readonly string[] | string>;
    for (const command of COMMANDS) {
      const reach = await this.reach(command, table, more);
      found[command] = 'refused' in reach ? reach.refused : reach.rows;
    }
    return found;
  }
}

/** What makes a table reachable for the user, whatever the row. */
const opened = (table: string, policy = 'CREATE POLICY all_rows ON %t TO me USING (true)') =>
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY; ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO me; ${policy.replaceAll('%t', table)};`;
const refused = '42501';

describeAsAdmins('measured by a %s', (admin, it) => {
  it('tells the rows, and the columns by the catalogs', async () => {
    const probed = await Probed.start('', admin);
    expect(await probed.reach('select')).toEqual({ rows: ['1'], columns: ['id', 'user_id', 'body'] });
    expect(await probed.reach('insert')).toEqual({ rows: ['1'], columns: ['user_id', 'body'] });
    expect(await probed.reach('update')).toEqual({ rows: ['1'], columns: ['body'] });
    expect(await probed.reach('delete')).toEqual({ rows: ['1'], columns: [] });
  });

  it('tells the code of a refusal', async () => {
    const probed = await Probed.start('', admin);
    const all = (code: string) => ({ select: code, insert: code, update: code, delete: code });
    const { role } = probed.user;
    const as = (role: string, claims = {}) => probed.reaches('notes', { subject: { role, claims } });
    expect(await probed.reaches('notes', { subject: undefined })).toEqual(all(refused));
    expect(await as(`${probed.database.name}_other`)).toEqual(all(refused));
    // No token can name it; it stands for functions that run as the owner, whom policies bind.
    expect(await as(probed.declaration.owner)).toEqual({ select: [], insert: [], update: [], delete: [] });
    // The server's login role may not become it, so no token can name it.
    expect(await as(probed.database.superuser.user)).toEqual(all(refused));
    expect(await as('nobody like this')).toEqual(all('22023'));
    expect(await as(role, { exp: null })).toEqual(all('PT401'));
    const closed = await Probed.start('', admin, (name) => ({ roles: { users: [`${name}_user`] }, tables: [] }));
    expect(await closed.reaches('notes', { subject: undefined })).toEqual(all('PGRST302'));
  });

  it('adds to a token what its rules ask for, unless it is said', async () => {
    const tokens = { issuer: `it's "me"`, audience: 'api', requiredClaims: ['exp', 'sub', 'jti', 'nbf', 'user_id'] };
    const probed = await Probed.start('', admin, () => ({ tokens }));
    const { role } = probed.user;
    const as = (claims: object) => probed.reach('delete', 'notes', { subject: { role, claims: { ...claims } } });
    expect(await as({ user_id: 2 })).toEqual({ rows: ['2'], columns: [] });
    expect(await as({})).toEqual({ refused: 'PT401', columns: [] });
    expect(await as({ user_id: 2, aud: 'other' })).toEqual({ refused: 'PT401', columns: [] });
    expect(await as({ user_id: 2, role: `${probed.database.name}_other` })).toEqual({ rows: ['2'], columns: [] });
  });

  it('lets the policies of definer functions decide as they do for requests', async () => {
    // Members see each other: the table's own policy asks a function of the owner, whom FORCE binds, about the same table.
    const probed = await Probed.start('', admin, (name) => {
      const user = `${name}_user`;
      const mates = membership({
        to: user,
        column: 'team',
        type: 'int',
        claim: 'user_id',
        memberType: 'int',
        through: { table: 'members', key: 'team', member: 'who' },
      });
      const grants = [{ to: user, select: true, update: true, delete: true } as const];
      const sql = `CREATE TABLE members (team int, who int, PRIMARY KEY (team, who)); CREATE INDEX ON members (who);
        INSERT INTO members VALUES (1, 1), (1, 2), (2, 2), (3, 3)`;
      return { migrations: [{ file: '1.sql', sql }], tables: [{ name: 'members', grants, policies: [mates] }] };
    });
    expect(await probed.reaches('members')).toEqual({
      select: ['1, 1', '1, 2'],
      insert: refused,
      update: ['1, 1', '1, 2'],
      delete: ['1, 1', '1, 2'],
    });
  });

  it('finds what a view shows, and what can be changed through it', async () => {
    const probed = await Probed.start(
      `CREATE VIEW api.short WITH (security_invoker = true) AS SELECT id, body, upper(body) AS loud FROM api.notes;
      CREATE VIEW api.counted WITH (security_invoker = true) AS SELECT count(*)::int AS number FROM api.notes;
      GRANT SELECT, INSERT, UPDATE, DELETE ON api.short, api.counted TO me;
      GRANT INSERT (id), UPDATE (id) ON api.notes TO me`,
      admin,
    );
    const mine = '{"id":1,"body":"mine","loud":"MINE"}';
    const yours = '{"id":2,"body":"yours","loud":"YOURS"}';
    expect(await probed.reaches('short')).toEqual({
      select: [mine],
      insert: [mine, yours],
      update: [mine],
      delete: [mine],
    });
    expect(await probed.reach('update', 'short')).toEqual({ rows: [mine], columns: ['id', 'body', 'loud'] });
    const { select, ...changes } = await probed.reaches('counted');
    expect(select).toEqual(['{"number":1}']);
    expect(changes).toEqual({ insert: '55000', update: '55000', delete: '55000' });
    await probed.sql('REVOKE ALL ON api.short FROM me; GRANT SELECT (body) ON api.short TO me');
    expect(await probed.reach('select', 'short')).toEqual({ rows: ['{"body":"mine"}'], columns: ['body'] });
    await probed.sql('REVOKE ALL ON api.short FROM me');
    expect(await probed.reaches('short')).toEqual({
      select: refused,
      insert: refused,
      update: refused,
      delete: refused,
    });
  });

  it('changes nothing, not even the session', async () => {
    const probed = await Probed.start('', admin);
    const state = () =>
      Promise.all([
        accessState(probed.database),
        probed.database.sql('SELECT ctid::text, xmin::text, * FROM api.notes ORDER BY id'),
        probed.database.sql('SELECT last_value, is_called, log_cnt FROM api.notes_id_seq'),
        probed.database.sql(`SELECT relname FROM pg_class WHERE relname LIKE 'access%'`),
        probed.database.sql(`SELECT member::regrole::text, roleid::regrole::text FROM pg_auth_members ORDER BY 1, 2`),
      ]);
    const before = await state();
    await withClient(probed.database.admin, async (client) => {
      const session = async () =>
        (await client.query<Row>(`SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'plpgsql.%' ORDER BY 1`))
          .rows;
      await client.query(`SET search_path = api; SET statement_timeout = '1min'; SET row_security = on`);
      const set = await session();
      for (const command of COMMANDS) {
        const probe = { relation: { schema: 'api', name: 'notes' }, command, subject: probed.user };
        await probeAccess(client, probed.declaration, probe);
      }
      expect(await session()).toEqual(set);
      expect((await client.query<Row>(`SELECT current_user::text AS name`)).rows).toEqual([
        { name: probed.database.admin.user },
      ]);
      expect((await client.query(`SELECT FROM pg_class WHERE relpersistence = 't'`)).rowCount).toBe(0);
    });
    expect(await state()).toEqual(before);
  });
});

describe('what was opened by hand is seen:', () => {
  const nothing = { select: ['1'], insert: ['1'], update: ['1'], delete: ['1'] };
  const everything = { select: ['1', '2'], insert: ['1', '2'], update: ['1', '2'], delete: ['1', '2'] };

  it.each<[string, string, Partial<typeof everything>]>([
    ['nothing', '', {}],
    ['a policy for all', 'CREATE POLICY "by hand" ON api.notes USING (true)', everything],
    ['a policy for select', 'CREATE POLICY more ON api.notes FOR SELECT TO me USING (true)', { select: ['1', '2'] }],
    [
      'a policy for insert',
      'CREATE POLICY more ON api.notes FOR INSERT TO me WITH CHECK (true)',
      { insert: ['1', '2'] },
    ],
    // Without a condition nothing is read, and so these reach what is not to be seen.
    ['a policy for update', 'CREATE POLICY more ON api.notes FOR UPDATE TO me USING (true)', { update: ['1', '2'] }],
    ['a policy for delete', 'CREATE POLICY more ON api.notes FOR DELETE TO me USING (true)', { delete: ['1', '2'] }],
    [
      'a row that may only be written',
      'CREATE POLICY more ON api.notes FOR UPDATE USING (true) WITH CHECK (false)',
      {},
    ],
    ['no row security', 'ALTER TABLE api.notes DISABLE ROW LEVEL SECURITY', everything],
  ])('%s', async (_, sql, more) => {
    const probed = await Probed.start(sql);
    expect(await probed.reaches()).toEqual({ ...nothing, ...more });
  });

  it('a role that passes all policies', async () => {
    const probed = await Probed.start();
    await probed.database.sql(`ALTER ROLE ${probed.user.role} BYPASSRLS`);
    expect(await probed.reaches()).toEqual(everything);
  });

  it('a grant, for a role of which none is declared', async () => {
    const probed = await Probed.start(
      'GRANT SELECT (body), DELETE ON api.notes TO anon; CREATE POLICY more ON api.notes TO anon USING (id = 2)',
    );
    const subject = undefined;
    expect(await probed.reach('select', 'notes', { subject })).toEqual({ rows: ['2'], columns: ['body'] });
    expect(await probed.reach('delete', 'notes', { subject })).toEqual({ rows: ['2'], columns: [] });
    const { relations } = await accessMatrix(
      probed.database.admin,
      probed.declaration,
      sampleSubjects(probed.declaration),
    );
    const undeclared = relations[0]!.cells.filter(({ declared, reach }) => !declared && 'rows' in reach);
    expect(undeclared.map(({ subject, command }) => `${subject} ${command}`)).toEqual([
      `${probed.database.name}_anon select`,
      `${probed.database.name}_anon delete`,
    ]);
  });

  it('a role, as soon as the server may become it', async () => {
    const probed = await Probed.start('CREATE POLICY more ON api.notes FOR DELETE USING (true)');
    const role = `Röle "${probed.database.name}"; --`;
    const quoted = quoteIdentifier(role);
    await probed.database.sql(`CREATE ROLE ${quoted}; GRANT DELETE ON api.notes TO ${quoted};
      GRANT USAGE ON SCHEMA api, ${probed.database.name}_private TO ${quoted};
      GRANT EXECUTE ON FUNCTION ${probed.database.name}_private.pre_request(), ${probed.database.name}_private.examine_request() TO ${quoted}`);
    const subject = { role, claims: {} };
    expect(await probed.reach('delete', 'notes', { subject })).toEqual({ refused, columns: [] });
    await probed.database.sql(`GRANT ${quoted} TO ${probed.declaration.authenticator}`);
    expect(await probed.reach('delete', 'notes', { subject })).toEqual({ rows: ['1', '2'], columns: [] });
    await probed.database.sql(
      `REVOKE EXECUTE ON FUNCTION ${probed.database.name}_private.pre_request() FROM ${quoted}`,
    );
    expect(await probed.reach('delete', 'notes', { subject })).toEqual({ refused, columns: [] });
    await probed.database.sql(`DROP OWNED BY ${quoted}; DROP ROLE ${quoted}`);
  });

  it("a view with its owner's rights", async () => {
    const probed = await Probed.start(
      'CREATE VIEW api.bodies AS SELECT body FROM api.notes; GRANT SELECT ON api.bodies TO me',
    );
    const reach = () => probed.reach('select', 'bodies');
    // What it shows is what its owner may see, whom FORCE binds.
    expect(await reach()).toEqual({ rows: [], columns: ['body'] });
    await probed.sql('ALTER TABLE api.notes NO FORCE ROW LEVEL SECURITY');
    expect(await reach()).toEqual({ rows: ['{"body":"mine"}', '{"body":"yours"}'], columns: ['body'] });
  });
});

describe('every kind of table:', () => {
  it.each<[string, string, Partial<Record<Command, unknown>>]>([
    [
      'without a primary key, whose rows are told as JSON, each one',
      `CREATE TABLE api.things (a int, b text); INSERT INTO api.things VALUES (1, 'x'), (1, 'x'), (2, NULL);
      ${opened('api.things', 'CREATE POLICY ones ON %t TO me USING (a = 1)')}`,
      everyCommand('{"a":1,"b":"x"}', '{"a":1,"b":"x"}'),
    ],
    [
      'with a key of several columns',
      `CREATE TABLE api.things (b text, a text, n int DEFAULT 7, PRIMARY KEY (a, b));
      INSERT INTO api.things VALUES ('c', 'a, b'), ('b, c', 'a'), ('', ' "'), ('plain', '<b>');
      ${opened('api.things')}`,
      everyCommand('" \\"", ""', '<b>, plain', 'a, "b, c"', '"a, b", c'),
    ],
    [
      'with columns that nobody can set',
      `CREATE TABLE api.things (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, no int GENERATED BY DEFAULT AS IDENTITY,
        a int, twice int GENERATED ALWAYS AS (a * 2) STORED, gone int);
      ALTER TABLE api.things DROP COLUMN gone; INSERT INTO api.things (a) VALUES (1), (2);
      ${opened('api.things', 'CREATE POLICY small ON %t TO me USING (twice < 4)')}`,
      everyCommand('1'),
    ],
    [
      'with triggers, which may change, skip and refuse',
      `CREATE TABLE api.things (id int PRIMARY KEY, owner_id int);
      CREATE TABLE api.log (id serial, what text);
      INSERT INTO api.things SELECT n, 1 FROM generate_series(1, 5) AS n;
      CREATE FUNCTION api.on_thing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
      DECLARE
        id int := coalesce(NEW.id, OLD.id);
      BEGIN
        INSERT INTO api.log (what) VALUES (TG_OP);
        IF id = 2 THEN RETURN NULL; END IF;
        IF id = 3 THEN RAISE 'not this one'; END IF;
        IF id = 4 AND TG_OP <> 'DELETE' THEN NEW.owner_id := 2; END IF;
        RETURN coalesce(NEW, OLD);
      END $$;
      CREATE TRIGGER on_thing BEFORE INSERT OR UPDATE OR DELETE ON api.things FOR EACH ROW EXECUTE FUNCTION api.on_thing();
      ${opened('api.things', 'CREATE POLICY own ON %t TO me USING (owner_id = 1)')}`,
      { select: ['1', '2', '3', '4', '5'], insert: ['1', '5'], update: ['1', '5'], delete: ['1', '4', '5'] },
    ],
    [
      'with rows that others refer to, and rows that refer to what is gone',
      `CREATE TABLE api.things (id int PRIMARY KEY); CREATE TABLE api.parts (id int REFERENCES api.things);
      INSERT INTO api.things VALUES (1), (2); INSERT INTO api.parts VALUES (1);
      ${opened('api.things', 'CREATE POLICY p ON %t TO me USING (true)')}`,
      everyCommand('1', '2'),
    ],
    [
      'without a row: one of defaults is tried',
      `CREATE TABLE api.things (id serial PRIMARY KEY, a int DEFAULT 1, b text NOT NULL);
      GRANT USAGE ON SEQUENCE api.things_id_seq TO me;
      ${opened('api.things', 'CREATE POLICY ones ON %t TO me USING (a = 1)')}`,
      { select: [], insert: ['DEFAULT VALUES'], update: [], delete: [] },
    ],
    [
      'without a row, where one of defaults is not allowed',
      `CREATE TABLE api.things (id int PRIMARY KEY, a int);
      ${opened('api.things', 'CREATE POLICY ones ON %t TO me USING (a = 1)')}`,
      everyCommand(),
    ],
    [
      'in partitions, and with a place twice',
      `CREATE TABLE api.things (id int PRIMARY KEY, a int) PARTITION BY RANGE (id);
      CREATE TABLE api.low PARTITION OF api.things FOR VALUES FROM (0) TO (10);
      CREATE TABLE api.high PARTITION OF api.things FOR VALUES FROM (10) TO (20);
      INSERT INTO api.things VALUES (1, 1), (2, 2), (11, 2), (12, 1);
      ${opened('api.things', 'CREATE POLICY ones ON %t TO me USING (a = 1)')}`,
      everyCommand('1', '12'),
    ],
    [
      'with a policy that fails for some rows',
      `CREATE TABLE api.things (id int PRIMARY KEY, a int); INSERT INTO api.things VALUES (1, 0), (2, 1), (3, 2);
      ${opened('api.things', 'CREATE POLICY inverse ON %t TO me USING (1 / a = 1)')}`,
      everyCommand('2'),
    ],
    [
      'with policies that go round in a circle',
      `CREATE TABLE api.things (id int PRIMARY KEY); INSERT INTO api.things VALUES (1);
      ${opened('api.things', 'CREATE POLICY again ON %t TO me USING (EXISTS (SELECT FROM %t))')}`,
      { select: '42P17', insert: '42P17', update: '42P17', delete: '42P17' },
    ],
    [
      'with a policy whose function the role may not call',
      `CREATE FUNCTION api.secret() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
      CREATE TABLE api.things (id int PRIMARY KEY); INSERT INTO api.things VALUES (1);
      ${opened('api.things', 'CREATE POLICY secret ON %t TO me USING (api.secret())')}`,
      { select: refused, insert: refused, update: refused, delete: refused },
    ],
    [
      'with a policy that asks for the time limit, the method and the search path of a request',
      `CREATE TABLE api.things (id int PRIMARY KEY); INSERT INTO api.things VALUES (1);
      ${opened(
        'api.things',
        `CREATE POLICY request ON %t TO me USING (current_setting('statement_timeout') = '5s'
          AND current_setting('request.path') = '/things' AND current_setting('request.method') <> 'GET'
          AND current_setting('search_path') = '"api", "public"')`,
      )}`,
      { select: [], insert: ['1'], update: ['1'], delete: ['1'] },
    ],
    [
      'with a policy that writes, which a GET cannot',
      `CREATE TABLE api.log (); GRANT INSERT ON api.log TO me;
      CREATE FUNCTION api.logged() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN INSERT INTO api.log DEFAULT VALUES; RETURN true; END';
      GRANT EXECUTE ON FUNCTION api.logged() TO me;
      CREATE TABLE api.things (id int PRIMARY KEY); INSERT INTO api.things VALUES (1);
      ${opened('api.things', 'CREATE POLICY logged ON %t TO me USING (api.logged())')}`,
      { select: [], insert: ['1'], update: ['1'], delete: ['1'] },
    ],
    [
      'with names that mean something to the probe itself',
      `CREATE TABLE api.things (r int, t int, key text, number int, content int, copy int, ctid_ int, PRIMARY KEY (key, number));
      INSERT INTO api.things VALUES (1, 1, 'a', 1, 1, 1, 1), (2, 2, 'b', 2, 2, 2, 2);
      ${opened('api.things', 'CREATE POLICY ones ON %t TO me USING (r = 1)')}`,
      everyCommand('a, 1'),
    ],
  ])('%s', async (_, sql, expected) => {
    const probed = await Probed.start(sql);
    const before = await probed.database.sql('SELECT ctid::text, t.* FROM api.things AS t');
    expect(await probed.reaches('things')).toEqual(expected);
    expect(await probed.database.sql('SELECT ctid::text, t.* FROM api.things AS t')).toEqual(before);
  });

  it('draws no number from a sequence, not by a trigger either', async () => {
    const probed = await Probed.start(
      `CREATE TABLE api.things (id bigserial PRIMARY KEY, no int GENERATED ALWAYS AS IDENTITY (CACHE 5 CYCLE), a int);
      CREATE TABLE api.log (id serial);
      CREATE FUNCTION api.log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO api.log DEFAULT VALUES; RETURN NEW; END';
      CREATE TRIGGER log AFTER INSERT OR UPDATE ON api.things FOR EACH ROW EXECUTE FUNCTION api.log();
      GRANT INSERT ON api.log TO me; GRANT USAGE ON SEQUENCE api.log_id_seq TO me;
      INSERT INTO api.things (a) VALUES (1), (2); ${opened('api.things')}
      REVOKE INSERT ON api.things FROM me; GRANT INSERT (a) ON api.things TO me; GRANT USAGE ON api.things_id_seq TO me`,
    );
    const sequences = () =>
      probed.database.sql(
        ['things_id_seq', 'things_no_seq', 'log_id_seq']
          .map(
            (name) => `SELECT '${name}' AS name, s.last_value, s.is_called, s.log_cnt, p.seqcache, p.seqcycle
            FROM api.${name} AS s, pg_sequence AS p WHERE p.seqrelid = 'api.${name}'::regclass`,
          )
          .join(' UNION ALL '),
      );
    const before = await sequences();
    expect(await probed.reaches('things')).toEqual(everyCommand('1', '2'));
    expect(await sequences()).toEqual(before);
  });

  const draws = `CREATE SEQUENCE api.drawn; GRANT USAGE ON SEQUENCE api.drawn TO me;
    CREATE FUNCTION api.draws() RETURNS boolean LANGUAGE sql AS $$ SELECT nextval('api.drawn') > 0 $$;
    CREATE FUNCTION api.draws(v int) RETURNS int LANGUAGE plpgsql IMMUTABLE
      AS $$ BEGIN PERFORM nextval('api.drawn'); RETURN v; END $$;
    CREATE FUNCTION api.drawing() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM nextval('api.drawn'); RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END; END $$;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO me;`;
  const plain = 'CREATE TABLE api.things (id int PRIMARY KEY, a int); INSERT INTO api.things VALUES (1, 1);';

  it.each([
    ['a function of a policy', `${plain} ${opened('api.things', 'CREATE POLICY p ON %t TO me USING (api.draws())')}`],
    [
      'an operator of a policy',
      `${plain} CREATE OPERATOR api.!! (FUNCTION = api.draws, RIGHTARG = int);
      ${opened('api.things', 'CREATE POLICY p ON %t TO me USING (OPERATOR(api.!!) a > 0)')}`,
    ],
    [
      'the policy of a table that a policy reads',
      `CREATE TABLE api.read AS SELECT 1 AS a; ${opened('api.read', 'CREATE POLICY p ON %t TO me USING (api.draws())')}
      ${plain} ${opened('api.things', 'CREATE POLICY p ON %t TO me USING (a IN (SELECT r.a FROM api.read AS r))')}`,
      'INSERT INTO api.things VALUES (9, 1)',
    ],
    [
      'a default that computes the name',
      `CREATE TABLE api.things (id int PRIMARY KEY, a int DEFAULT nextval(('api.' || 'drawn')::regclass));
      INSERT INTO api.things VALUES (1, 1); ${opened('api.things')}
      REVOKE INSERT ON api.things FROM me; GRANT INSERT (id) ON api.things TO me`,
      'INSERT INTO api.things (id) VALUES (9)',
    ],
    [
      'the type of a column',
      `CREATE DOMAIN api.drawing_int AS int CHECK (api.draws(VALUE) > 0); CREATE TABLE api.things (id int PRIMARY KEY, a api.drawing_int);
      INSERT INTO api.things VALUES (1, 1); ${opened('api.things')}`,
    ],
    ['an index', `${plain} CREATE INDEX ON api.things (api.draws(a)); ${opened('api.things')}`],
    [
      'a rule',
      `${plain} CREATE TABLE api.log (no bigint DEFAULT nextval('api.drawn')); ${opened('api.things')}
      CREATE RULE logs AS ON INSERT TO api.things DO ALSO INSERT INTO api.log DEFAULT VALUES`,
    ],
    [
      'a table that inherits',
      `${plain} CREATE TABLE api.more () INHERITS (api.things); INSERT INTO api.more VALUES (2, 2); ${opened('api.things')}
      CREATE TRIGGER drawing BEFORE UPDATE ON api.more FOR EACH ROW EXECUTE FUNCTION api.drawing()`,
      'UPDATE api.things SET a = 3',
    ],
    [
      'a row that is deleted with it',
      `${plain} CREATE TABLE api.parts (thing int REFERENCES api.things ON DELETE CASCADE); INSERT INTO api.parts VALUES (1);
      ${opened('api.things')}
      CREATE TRIGGER drawing BEFORE DELETE ON api.parts FOR EACH ROW EXECUTE FUNCTION api.drawing()`,
      'DELETE FROM api.things',
    ],
  ])('draws no number by %s', async (_, sql, command = 'INSERT INTO api.things VALUES (9, 9)') => {
    const probed = await Probed.start(`${draws} ${sql}`);
    const drawn = () => probed.database.sql('SELECT last_value, is_called FROM api.drawn');
    const before = await drawn();
    await probed.reaches('things');
    expect(await drawn()).toEqual(before);
    await probed.sql(`SET ROLE me ; ${command}`);
    expect(await drawn()).not.toEqual(before);
  });

  it('waits for no sequence of another table', async () => {
    const probed = await Probed.start(
      `${plain} ${opened('api.things')} CREATE TABLE api.others (id serial); INSERT INTO api.others DEFAULT VALUES`,
    );
    await withClient(probed.database.admin, async (client) => {
      await client.query(`BEGIN; SELECT nextval('api.others_id_seq')`);
      expect(await probed.reaches('things')).toEqual(everyCommand('1'));
      await client.query('ROLLBACK');
    });
  });

  it('with more rows than are tried', async () => {
    const probed = await Probed.start(
      `CREATE TABLE api.things (id int PRIMARY KEY); INSERT INTO api.things SELECT generate_series(1, 30);
      ${opened('api.things', 'CREATE POLICY even ON %t TO me USING (id % 2 = 0)')}`,
    );
    const reach = (limit: number) => probed.reach('delete', 'things', { limit });
    expect(await reach(4)).toEqual({ rows: ['2', '4'], columns: [], truncated: true });
    expect(await reach(29)).toMatchObject({ truncated: true });
    expect(await reach(30)).not.toHaveProperty('truncated');
  });

  it('with a thousand rows, in more time than a request has', async () => {
    const probed = await Probed.start(
      `CREATE TABLE api.things (id int PRIMARY KEY); INSERT INTO api.things SELECT generate_series(1, 1000);
      ${opened('api.things', 'CREATE POLICY even ON %t TO me USING (id % 2 = 0)')}`,
      'superuser',
      (name) => ({ roles: { users: [{ name: `${name}_user`, statementTimeoutMs: 20 }] } }),
    );
    const even = Array.from({ length: 500 }, (_, index) => String(2 * index + 2));
    expect(await probed.reaches('things')).toEqual(everyCommand(...even));
  });
});

describe('hostile names and values', () => {
  it.each(['Ein "Tisch"', `'; DROP TABLE x; --`, 'r.*', '$1', ':"schema"', '%s \\', '\n\t', 'größe 😀'])(
    'as %j are what they are',
    async (name) => {
      const table = quoteIdentifier(name);
      const probed = await Probed.start(
        `CREATE TABLE api.${table} (${table} text PRIMARY KEY, "A ""b""" int); INSERT INTO api.${table} VALUES (${quoteLiteral(name)}, 1), ('<b>\u0001', 2);
        ${opened(`api.${table}`, `CREATE POLICY ${table} ON %t TO me USING ("A ""b""" = 1)`)}`,
      );
      expect(await probed.reaches(name)).toEqual(everyCommand(name));
      expect(await probed.reach('update', name)).toEqual({ rows: [name], columns: [name, 'A "b"'] });
    },
  );

  it('of any kind are tried as they are', async () => {
    const probed = await Probed.start(
      `CREATE TABLE api.things (id text PRIMARY KEY, copy text); ${opened('api.things', 'CREATE POLICY same ON %t TO me USING (copy = id)')}`,
    );
    // Halves of surrogate pairs are no Unicode text.
    const text = hostileText.map((value) => Buffer.from(value).toString());
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(text, { minLength: 20, maxLength: 20 }), async (values) => {
        await probed.database.sql('DELETE FROM api.things');
        await probed.database.sql('INSERT INTO api.things SELECT t, t FROM unnest($1::text[]) AS t', [values]);
        for (const command of COMMANDS) {
          const reach = await probed.reach(command, 'things');
          expect('rows' in reach && [...reach.rows].sort()).toEqual([...values].sort());
        }
      }),
      { numRuns: 5 },
    );
  });

  it('of every type are copied as they are', async () => {
    const probed = await Probed.start(
      `CREATE TYPE api.mood AS ENUM ('so so'); CREATE DOMAIN api.short AS text NOT NULL CHECK (length(VALUE) < 9);
      CREATE TABLE api.things (id numeric(20, 5) PRIMARY KEY, a text[], b bytea, c jsonb, d json, e interval, f timestamptz,
        g api.mood, h api.short, i float8, j xml, k int4range, l bit(3), m inet, n api.notes, o money, p point);
      INSERT INTO api.things VALUES (1.5, '{"a,b",NULL}', '\\x00ff', '{"a": [1]}', '{"a":1, "a":2}', '-1 year 2 mons', 'infinity',
        'so so', 'x', 'NaN', '<a/>', '[1,5)', '101', '::1/64', (1, 2, 'x'), 1.5, '(1,2)');
      GRANT USAGE ON TYPE api.mood, api.short TO me; ${opened('api.things')}`,
    );
    await probed.database.sql(
      `ALTER TABLE api.things ADD CHECK (d::text = '{"a":1, "a":2}' AND e = '-1 year 2 mons'::interval)`,
    );
    expect(await probed.reaches('things')).toEqual(everyCommand('1.50000'));
  });
});

describe('what cannot be measured is refused:', () => {
  it('a table that is not there', async () => {
    const probed = await Probed.start();
    await expect(probed.reach('select', 'nothing')).rejects.toMatchObject({
      code: 'missing_object',
      message: 'api.nothing: there is no such table or view; apply the declaration first [missing_object]',
    });
  });

  it('a table that somebody has locked', async () => {
    const probed = await Probed.start();
    await withClient(probed.database.superuser, async (client) => {
      await client.query('BEGIN; SELECT FROM api.notes');
      await expect(probed.reach('select')).rejects.toMatchObject({ code: 'access_sql_failed' });
    });
    expect(await probed.reach('select')).toMatchObject({ rows: ['1'] });
  });

  it('a table of somebody else, whose policies hide rows from the admin', async () => {
    const probed = await Probed.start('', 'database owner');
    await probed.database.sql(
      `CREATE TABLE api.things (id int PRIMARY KEY); ${opened('api.things').replaceAll('me', probed.user.role)}`,
    );
    await expect(probed.reach('select', 'things')).rejects.toMatchObject({ code: 'access_sql_failed' });
    expect(await probed.reach('select')).toMatchObject({ rows: ['1'] });
  });
});

function everyCommand(...keys: string[]): Record<Command, readonly string[]> {
  return { select: keys, insert: keys, update: keys, delete: keys };
}
