import { beforeAll, describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase, diffDeclaration } from '../../../apply/index.ts';
import {
  membership,
  ownRows,
  type Declaration,
  type PolicyInput,
  type RevocationInput,
  type TokenRules,
} from '../../../declaration/index.ts';
import { accessState, ADMINS, useCluster, type TestDatabase } from '../../support/database.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { notes, notesMigration } from '../../support/notes.ts';

const cluster = useCluster();
const revokeOnChange = [{ table: 'notes', column: 'user_id' }] as const;

function revoking(
  prefix: string,
  revocation: RevocationInput | undefined = { subject: 'user_id', revokeOnChange },
): Declaration {
  return notes(prefix, { tokens: { revocation } });
}

const OBJECTS = ['revoked_tokens', 'tokens_valid_after', 'token_is_revoked', 'revoke_token', 'revoke_subject'];
const made = (database: TestDatabase) =>
  database.sql(
    `SELECT relname::text AS name FROM pg_class WHERE relkind = 'r' AND relname = ANY ($1)
     UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'revoke\\_%' OR proname = ANY ($1)
     UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`,
    [OBJECTS],
  );
const claims = { user_id: 7, jti: 'a', iat: 1000, exp: 4e9 };

describe.each(ADMINS)('revocation, as a %s', (admin) => {
  let database: TestDatabase;
  let declaration: Declaration;
  beforeAll(async () => {
    database = await cluster.database(admin);
    declaration = revoking(database.name);
    await database.apply(declaration);
  });
  const check = (said: unknown = claims) =>
    database.request(`${database.name}_user`, said, `SELECT ${database.name}_private.pre_request()`);
  const asAdmin = (sql: string) => withClient(database.admin, (client) => client.query(sql));
  const isAsDeclared = async () => {
    expect(await diffDeclaration(database.admin, declaration)).toEqual({ migrations: [], statements: [], missing: [] });
    expect((await auditDatabase(database.admin, declaration)).filter(({ level }) => level === 'error')).toEqual([]);
  };

  it('changes nothing the second time', async () => {
    const before = await accessState(database);
    expect(await applyDeclaration(database.admin, declaration)).toMatchObject({ changes: 0, migrations: [] });
    expect(await accessState(database)).toEqual(before);
    await isAsDeclared();
  });

  it.each(['user', 'other', 'anon'])(
    'the role %s gets to know nothing but whether its own token is revoked',
    async (role) => {
      const own = `${database.name}_private`;
      const denied = [
        `SELECT FROM ${own}.revoked_tokens`,
        `SELECT FROM ${own}.tokens_valid_after`,
        `INSERT INTO ${own}.revoked_tokens VALUES ('x', now())`,
        `DELETE FROM ${own}.tokens_valid_after`,
        `SELECT ${own}.revoke_token('x')`,
        `SELECT ${own}.revoke_subject('x')`,
        `SELECT ${own}.revoke_changed_subject()`,
      ];
      for (const sql of denied) {
        await expect(database.request(`${database.name}_${role}`, claims, sql), sql).rejects.toMatchObject({
          code: '42501',
        });
      }
      const answer = await database.request(`${database.name}_${role}`, claims, `SELECT ${own}.token_is_revoked()`);
      expect(answer).toEqual([{ token_is_revoked: false }]);
    },
  );

  it('the admin revokes', async () => {
    await check();
    await asAdmin(`SELECT ${database.name}_private.revoke_token('a', to_timestamp(4e9))`);
    await expect(check()).rejects.toMatchObject({ code: 'PT401', detail: 'the token is revoked' });
    await check({ ...claims, jti: 'b' });
    await asAdmin(`SELECT ${database.name}_private.revoke_subject('7')`);
    await expect(check({ ...claims, jti: 'b' })).rejects.toMatchObject({
      code: 'PT401',
      detail: 'the token is revoked',
    });
    await check({ ...claims, user_id: 8, jti: 'b' });
  });

  it('who changes a row revokes, without any right to', async () => {
    const other = { ...claims, user_id: 1, jti: 'b' };
    await check(other);
    await withClient({ ...database.superuser }, async (client) => {
      await client.query(`SET ROLE ${database.name}_user`);
      await client.query(`SELECT set_config('request.jwt.claims', '{"user_id": 1}', false)`);
      expect((await client.query(`UPDATE api.notes SET body = 'changed'`)).rowCount).toBe(1);
    });
    await expect(check(other)).rejects.toMatchObject({ detail: 'the token is revoked' });
    await check({ ...other, user_id: 2 });
  });

  it.each<[string, object, string]>([
    ['a number as jti', { jti: 7 }, 'the claim "jti" is no text'],
    ['a text as iat', { iat: 'NaN' }, 'the claim "iat" is no whole number'],
    ['an infinite iat', { iat: 'Infinity' }, 'the claim "iat" is no whole number'],
    ['an object as subject', { user_id: {} }, 'the claim "user_id" is neither a text nor a number'],
  ])('refuses %s, which PostgREST may let pass', async (_, said, detail) => {
    await expect(check({ ...claims, jti: 'x', user_id: 8, ...said })).rejects.toMatchObject({ code: 'PT401', detail });
  });

  it.each(['-1e131000', '1000.000000000000000000000000', '1e3', '0', '-0'])('compares iat %s', async (iat) => {
    const issued = (user: number) => `{"user_id": ${user}, "jti": "x", "exp": 4e9, "iat": ${iat}}`;
    await check(issued(8));
    await expect(check(issued(7))).rejects.toMatchObject({ detail: 'the token is revoked' });
  });

  it.each<[string, string]>([
    ['a trigger that is off', 'ALTER TABLE api.notes DISABLE TRIGGER revoke_tokens'],
    ['a trigger less', 'DROP TRIGGER revoke_tokens ON api.notes'],
    [
      'a trigger that does nothing, with the mark',
      `DO $do$
      DECLARE mark text := (SELECT obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE tgname = 'revoke_tokens');
      BEGIN
        DROP TRIGGER revoke_tokens ON api.notes;
        CREATE TRIGGER revoke_tokens AFTER UPDATE ON api.notes FOR EACH ROW WHEN (false)
          EXECUTE FUNCTION $_private.revoke_changed_subject('user_id');
        EXECUTE format('COMMENT ON TRIGGER revoke_tokens ON api.notes IS %L', mark);
      END $do$`,
    ],
    ['a table granted', 'GRANT SELECT ON $_private.revoked_tokens TO $_user, PUBLIC'],
    ['a column granted', 'GRANT UPDATE (valid_after) ON $_private.tokens_valid_after TO $_anon'],
    ["an operator's function granted", 'GRANT EXECUTE ON FUNCTION $_private.revoke_subject(text) TO $_user'],
    [
      'a check that always says no',
      `CREATE OR REPLACE FUNCTION $_private.token_is_revoked() RETURNS bool LANGUAGE sql AS 'SELECT false'`,
    ],
  ])('is brought back: %s', async (_, tampering) => {
    const before = [await accessState(database), await made(database)];
    await database.sql(tampering.replaceAll('$_', `${database.name}_`));
    expect((await diffDeclaration(database.admin, declaration)).statements).not.toEqual([]);
    expect((await applyDeclaration(database.admin, declaration)).changes).toBeGreaterThan(0);
    expect([await accessState(database), await made(database)]).toEqual(before);
    await isAsDeclared();
  });
});

it('makes nothing unless it is on, and when it is off again keeps what was revoked, closed', async () => {
  const database = await cluster.database('database owner');
  const off = notes(database.name);
  await database.apply(off);
  const before = await accessState(database);
  expect(await made(database)).toEqual([]);
  const check = () =>
    database.request(`${database.name}_user`, claims, `SELECT ${database.name}_private.pre_request()`);
  await database.apply(revoking(database.name));
  await database.sql(`CREATE TRIGGER of_a_migration BEFORE UPDATE ON api.notes FOR EACH ROW
    EXECUTE FUNCTION suppress_redundant_updates_trigger()`);
  await database.sql(`SELECT ${database.name}_private.revoke_token('a')`);
  await expect(check()).rejects.toMatchObject({ detail: 'the token is revoked' });

  await database.apply(off);
  await check();
  expect((await made(database)).map(({ name }) => name)).toEqual([
    'of_a_migration',
    'revoked_tokens',
    'tokens_valid_after',
  ]);
  const kept = (name: unknown) => /\.(revoked_tokens|tokens_valid_after)/.test(String(name));
  const after = await accessState(database);
  expect(after.filter(({ name }) => !kept(name))).toEqual(before);
  const owner = `${database.name}_owner`;
  for (const { kind, acl } of after.filter(({ kind, name }) => kind === 'relation' && kept(name))) {
    expect([kind, acl]).toEqual(['relation', expect.stringMatching(new RegExp(`^{${owner}=[a-zA-Z]+/${owner}}$`))]);
  }

  await database.apply(revoking(database.name));
  await expect(check()).rejects.toMatchObject({ detail: 'the token is revoked' });
});

it('names a table or column that a change is to revoke by, and that is not there', async () => {
  const database = await cluster.database();
  const by = (table: string, column: string) => revoking(database.name, { revokeOnChange: [{ table, column }] });
  await expect(database.apply(by('staff', 'id'))).rejects.toThrow('there is no table api.staff');
  await expect(database.apply(by('notes', 'who'))).rejects.toMatchObject({
    code: 'missing_object',
    message: expect.stringContaining('there is no column api.notes.who') as string,
  });
});

describe('a column that a change is to revoke by', () => {
  const fit = ['text', 'varchar(9)', 'name', 'uuid', 'smallint', 'int', 'bigint', 'numeric', 'whole', 'small', 'grade'];
  const unfit = [
    'char(8)',
    '"char"',
    'padded',
    'padded_again',
    'text[]',
    'json',
    'jsonb',
    'bytea',
    'real',
    'float8',
    'money',
    'boolean',
  ];
  const rest = ['oid', 'date', 'timestamptz', 'interval', 'inet', 'xml', 'int4range', 'pair'];
  const columns = [...fit, ...unfit, ...rest].map((type, index) => ({ type, column: `c${index}` }));
  const types = {
    file: 'migrations/002_types.sql',
    sql: `CREATE DOMAIN whole AS int CHECK (VALUE > 0);
      CREATE DOMAIN small AS whole CHECK (VALUE < 10);
      CREATE DOMAIN padded AS char(8);
      CREATE DOMAIN padded_again AS padded;
      CREATE TYPE grade AS ENUM ('a', 'b');
      CREATE TYPE pair AS (a int, b int);
      CREATE TABLE staff (${columns.map(({ type, column }) => `${column} ${type}`).join(', ')});`,
  };

  it('has a type whose text a token may say', async () => {
    const database = await cluster.database();
    const by = (names: readonly [string, ...string[]]) =>
      notes(database.name, {
        migrations: [notesMigration, types],
        tokens: { revocation: { subject: 'user_id', revokeOnChange: [{ table: 'staff', column: names }] } },
      });
    const [first, ...others] = columns.filter(({ type }) => fit.includes(type)).map(({ column }) => column);
    await database.apply(by([first!, ...others]));
    for (const { type, column } of columns.filter(({ type }) => !fit.includes(type))) {
      await expect(applyDeclaration(database.admin, by([column])), type).rejects.toMatchObject({
        code: 'unfit_column',
        message: expect.stringMatching(`^api\\.staff\\.${column}: no token names its subject`) as string,
      });
    }
  });
});

it('takes a column without regard to case only where subjects are compared so', async () => {
  const database = await cluster.database();
  await withClient({ ...database.superuser }, (client) => client.query('CREATE EXTENSION citext'));
  const staff = { file: 'migrations/002_staff.sql', sql: 'CREATE TABLE staff (who public.citext, rank int)' };
  const by = (subjectTypes: RevocationInput['subjectTypes']) =>
    notes(database.name, {
      migrations: [notesMigration, staff],
      tokens: {
        revocation: { revokeOnChange: [{ table: 'staff', column: 'who' }], ...(subjectTypes && { subjectTypes }) },
      },
    });
  await expect(database.apply(by(undefined))).rejects.toMatchObject({
    code: 'unfit_column',
    message: expect.stringContaining("add 'citext' to tokens.revocation.subjectTypes") as string,
  });
  await database.apply(by(['citext']));
  await database.sql(`INSERT INTO api.staff VALUES ('Ann'); UPDATE api.staff SET rank = 1`);
  const revoked = await database.sql(`SELECT subject FROM ${database.name}_private.tokens_valid_after ORDER BY 1`);
  expect(revoked).toEqual([{ subject: 'Ann' }, { subject: 'ann' }]);
});

describe('a column with a nondeterministic collation', () => {
  // It takes `Ann` and `ann` for the same, where a revocation knows them as two.
  const staff = {
    file: 'migrations/002_staff.sql',
    sql: `CREATE COLLATION api.any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE DOMAIN loose AS text COLLATE any_case;
      CREATE TABLE staff (who text COLLATE any_case, loose loose, strict text COLLATE "C", rank int);
      CREATE TABLE items (who text COLLATE any_case, staff int);`,
  };
  const by = (name: string, policies: (to: string) => PolicyInput, tokens?: TokenRules) =>
    notes(name, {
      migrations: [notesMigration, staff],
      tables: [
        { name: 'staff' },
        { name: 'items', grants: [{ to: `${name}_user`, select: true }], policies: [policies(`${name}_user`)] },
      ],
      ...(tokens && { tokens }),
    });
  const member = (column: string) => (to: string) =>
    membership({
      ...{ to, column: 'staff', type: 'int', claim: 'sub', memberType: 'text' },
      through: { table: 'staff', key: 'rank', member: column },
    });
  const own = (claim: string) => (to: string) => ownRows({ to, column: 'who', claim, type: 'text' });

  it('is rejected where a policy compares it with the subject of revocation', async () => {
    const database = await cluster.database();
    const { name, admin } = database;
    await database.apply(by(name, own('sub')));
    for (const [policies, place] of [
      [own('sub'), 'items.who'],
      [member('who'), 'staff.who'],
      [member('loose'), 'staff.loose'],
    ] as const) {
      await expect(applyDeclaration(admin, by(name, policies, { revocation: {} })), place).rejects.toMatchObject({
        code: 'unfit_column',
        message: expect.stringMatching(`^api\\.${place}: the collation of the column is nondeterministic`) as string,
      });
    }
    await database.apply(by(name, own('email'), { revocation: {} }));
    await database.apply(by(name, member('strict'), { revocation: {} }));
  });
});

it('revokes by a table in parts, also when a row moves to another', async () => {
  const database = await cluster.database();
  const staff = {
    file: 'migrations/002_staff.sql',
    sql: `CREATE TABLE staff (user_id int, rank int) PARTITION BY LIST (rank);
      CREATE TABLE staff_1 PARTITION OF staff FOR VALUES IN (1);
      CREATE TABLE staff_2 PARTITION OF staff FOR VALUES IN (2);
      INSERT INTO staff VALUES (1, 1), (2, 1), (3, 2);`,
  };
  const revocation = { subject: 'user_id', revokeOnChange: [{ table: 'staff', column: 'user_id' }] };
  const declaration = notes(database.name, { migrations: [notesMigration, staff], tokens: { revocation } });
  await database.apply(declaration);
  expect(await applyDeclaration(database.admin, declaration)).toMatchObject({ changes: 0 });
  await database.sql('UPDATE api.staff SET rank = 2 WHERE user_id = 1; DELETE FROM api.staff_2 WHERE user_id = 3');
  const revoked = await database.sql(`SELECT subject FROM ${database.name}_private.tokens_valid_after ORDER BY 1`);
  expect(revoked).toEqual([{ subject: '1' }, { subject: '3' }]);
});

it('fails rather than miss a column that was renamed', async () => {
  const database = await cluster.database();
  await database.apply(revoking(database.name));
  await database.sql('ALTER TABLE api.notes RENAME user_id TO member');
  await expect(database.sql(`UPDATE api.notes SET body = 'x'`)).rejects.toThrow(
    'api.notes lacks one of the columns user_id',
  );
});
