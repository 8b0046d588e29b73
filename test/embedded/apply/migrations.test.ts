import { expect } from 'vitest';
import { applyDeclaration, diffDeclaration } from '../../../apply/index.ts';
import { custom } from '../../../declaration/index.ts';
import { describeAsAdmins } from '../../support/admins.ts';
import { accessState, useCluster, type TestDatabase } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';
import { notes, notesInput, notesMigration } from '../../support/notes.ts';

const cluster = useCluster();

const withMigration = (database: TestDatabase, sql: string, file = 'migrations/002_next.sql') =>
  notes(database.name, { migrations: [notesMigration, { file, sql }] });

async function state(database: TestDatabase) {
  return [
    await accessState(database),
    await database.sql('SELECT * FROM api.notes ORDER BY id'),
    await database.sql(`SELECT file, sha256, applied_at::text FROM ${database.name}_private.migrations ORDER BY 1`),
  ];
}

describeAsAdmins('migrations as %s', (admin, it) => {
  it('run once, in the order of their names', async () => {
    const database = await cluster.database(admin);
    const migrations = [
      { file: 'migrations/003.sql', sql: `INSERT INTO notes (body) VALUES ('third')` },
      notesMigration,
      { file: 'migrations/002.sql', sql: `/* ü */ INSERT INTO notes (body) VALUES ('second'); -- "end"` },
    ];
    const declaration = notes(database.name, { migrations });
    expect((await database.apply(declaration)).migrations).toEqual([
      'migrations/001_notes.sql',
      'migrations/002.sql',
      'migrations/003.sql',
    ]);
    await applyDeclaration(database.admin, declaration);
    expect(await database.sql('SELECT body FROM api.notes WHERE id > 2 ORDER BY id')).toEqual([
      { body: 'second' },
      { body: 'third' },
    ]);
  });

  it.each([
    'SET standard_conforming_strings = off;',
    "SELECT set_config('standard_conforming_strings', 'off', false);",
    "DO $$ BEGIN EXECUTE 'SET standard_' || 'conforming_strings = off'; END $$;",
  ])('run statement by statement, each as the settings before it say: %s', async (setting) => {
    const database = await cluster.database(admin);
    const sql = [
      'CREATE TABLE later (n int);',
      'INSERT INTO later SELECT 1;',
      ...Array.from({ length: 300 }, () => 'INSERT INTO later SELECT max(n) + 1 FROM later;'),
      setting,
      "INSERT INTO notes (body) VALUES ('a\\x62c');",
      'SET search_path = pg_temp;',
      'CREATE TABLE passing ();',
      'SELECT FROM pg_temp.passing;',
    ];
    await database.apply(withMigration(database, sql.join('\n')));
    expect(await database.sql('SELECT max(n), count(*)::int FROM api.later')).toEqual([{ max: 301, count: 301 }]);
    expect(await database.sql('SELECT body FROM api.notes WHERE id > 2')).toEqual([{ body: 'abc' }]);
  });

  it('mean what they mean one by one: settings that are taken back, time limits, prepared statements, numbers', async () => {
    const database = await cluster.database(admin);
    const sql = `CREATE TABLE later (t text); PREPARE p AS INSERT INTO later VALUES ('prepared');
      SET standard_conforming_strings = off; INSERT INTO later VALUES ('a\\x62c'); SET standard_conforming_strings = on;
      EXECUTE p; INSERT INTO notes (body) VALUES ('x'); DEALLOCATE p;
      SET statement_timeout = '1s'; ${'SELECT pg_sleep(0.2);'.repeat(8)}
      CREATE FUNCTION wait() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(0.4)';
      ${[1, 2, 3, 4].map((n) => `ALTER TABLE later ADD "${n}" int DEFAULT wait();`).join(' ')}`;
    await database.apply(withMigration(database, sql));
    expect(await database.sql('SELECT t FROM api.later')).toEqual([{ t: 'abc' }, { t: 'prepared' }]);
    expect(await database.sql('SELECT id FROM api.notes ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    const { migrations } = withMigration(database, sql);
    const late = { file: 'migrations/003.sql', sql: "SET statement_timeout = '100ms';\nSELECT pg_sleep(2)" };
    const error = await rejection(database.apply(notes(database.name, { migrations: [...migrations, late] })));
    expect(error.message).toContain('003.sql:2: canceling statement due to statement timeout');
  });

  it.each([
    "ALTER TABLE later ADD u text DEFAULT set_config('standard_conforming_strings', 'off', false);",
    'SET standard_conforming_strings = off;',
  ])('do not become others where literals are scanned in another way: %s', async (setting) => {
    const database = await cluster.database(admin);
    const run = (more: string) =>
      database.apply(
        withMigration(database, `CREATE TABLE later (t text); INSERT INTO later VALUES (1); ${setting}${more}`),
      );
    const error = await rejection(
      run(`COMMENT ON TABLE later IS 'a\\';\nCOMMENT ON TABLE later IS '; CREATE TABLE made (); --';`),
    );
    expect(error.message).toContain('unterminated quoted string');
    await run(`CREATE TABLE made (n int, t text DEFAULT 'a\\x62c'); INSERT INTO made (n) VALUES (1);`);
    expect(await database.sql('SELECT t FROM api.made')).toEqual([{ t: 'abc' }]);
  });

  it('make tables by SELECT INTO, alone and beside others', async () => {
    const database = await cluster.database(admin);
    const first = withMigration(database, 'SELECT id INTO later FROM notes');
    await database.apply(first);
    expect(await database.sql('SELECT count(*)::int FROM api.later')).toEqual([{ count: 2 }]);
    const more = { file: 'migrations/003.sql', sql: 'SELECT 1; SELECT id INTO last FROM later; SELECT FROM last;' };
    await database.apply(notes(database.name, { migrations: [...first.migrations, more] }));
    expect(await database.sql('SELECT count(*)::int FROM api.last')).toEqual([{ count: 2 }]);
  });

  it.each([
    ['a syntax error', 'SELECT 1;\n\nSELEC 2;', 'invalid_sql', '002_next.sql:3: syntax error at or near "SELEC"'],
    [
      'an error at a place',
      `CREATE TABLE made ();\n/* ü */ SELECT\n  nowhere FROM notes;`,
      'migration_failed',
      '002_next.sql:3: column "nowhere" does not exist',
    ],
    [
      'an error at run time',
      `CREATE TABLE made ();\n\n\nSELECT 1 / (id - id) FROM notes;`,
      'migration_failed',
      '002_next.sql:4: division by zero',
    ],
    [
      'a broken constraint',
      `UPDATE notes SET body = 'x';\nINSERT INTO notes (id, user_id)\nVALUES (1, 1);`,
      'migration_failed',
      '002_next.sql:2: duplicate key value violates unique constraint "notes_pkey" (Key (id)=(1) already exists.)',
    ],
    [
      'a broken constraint far down',
      `${"INSERT INTO notes (body) VALUES ('ü');\n".repeat(249)}INSERT INTO notes (id, user_id)\nVALUES (1, 1);`,
      'migration_failed',
      '002_next.sql:250: duplicate key value violates unique constraint "notes_pkey" (Key (id)=(1) already exists.)',
    ],
    [
      'an error in the body of a function',
      `CREATE TABLE made ();\n/* ü */ CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT 1;\n  SELECT nowhere FROM made;\n$$;${'\nSELECT 1;'.repeat(60)}`,
      'migration_failed',
      '002_next.sql:4: column "nowhere" does not exist',
    ],
    [
      'an error in a body between quotes',
      `SELECT '\u{1f600} \\';\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS '\n  SELECT ''ü'', ''\u{1f600}'';\n  SELECT nowhere FROM notes\n';${'\nSELECT 1;'.repeat(60)}`,
      'migration_failed',
      '002_next.sql:4: column "nowhere" does not exist',
    ],
    [
      'an error in a body with a backslash',
      `SELECT 1;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n\n  SELECT 1 -- \\ it's\n  FROM nowhere\n$$`,
      'migration_failed',
      '002_next.sql:5: relation "nowhere" does not exist',
    ],
    [
      'a syntax error in PL/pgSQL',
      `CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  SELEC 1;\nEND $$;${'\nSELECT 1;'.repeat(60)}`,
      'migration_failed',
      '002_next.sql:3: syntax error at or near "SELEC"',
    ],
    [
      'an error in a body that is parsed',
      `SELECT 1;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC\n  SELECT 1;\n  SELECT nowhere;\nEND`,
      'migration_failed',
      '002_next.sql:4: column "nowhere" does not exist',
    ],
    [
      'an error in a block',
      `SELECT 1;\nDO $$ BEGIN\n  PERFORM 1;\n  INSERT INTO nowhere DEFAULT VALUES;\nEND $$`,
      'migration_failed',
      '002_next.sql:4: relation "nowhere" does not exist',
    ],
    ['COMMIT', 'SELECT 1;\nCOMMIT;', 'invalid_sql', '002_next.sql:2: a migration cannot begin or end a transaction'],
    ['BEGIN', 'begin;', 'invalid_sql', '002_next.sql:1: a migration cannot begin or end a transaction'],
    ['COMMIT in a block', `DO $$ BEGIN COMMIT; END $$`, 'migration_failed', '002_next.sql:1: invalid transaction'],
    [
      'an index to be made outside of a transaction beside others',
      'SELECT 1;\nCREATE INDEX CONCURRENTLY ON notes (body);',
      'invalid_sql',
      '002_next.sql:2: this statement cannot be part of a transaction',
    ],
    ['another user', 'SET SESSION AUTHORIZATION pg_monitor', 'migration_failed', '002_next.sql'],
  ])('with %s fail with file and line, and change nothing', async (_, sql, code, message) => {
    const database = await cluster.database(admin);
    await database.apply(notes(database.name));
    const before = await state(database);
    const error = await rejection(applyDeclaration(database.admin, withMigration(database, sql)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`migrations/${message}`);
    expect(await state(database)).toEqual(before);

    await applyDeclaration(database.admin, withMigration(database, 'SELECT 1'));
    expect(await diffDeclaration(database.admin, withMigration(database, 'SELECT 1'))).toMatchObject({
      statements: [],
    });
  });

  it('that were changed, or come too late, are refused', async () => {
    const database = await cluster.database(admin);
    await database.apply(notes(database.name));
    const before = await state(database);
    const changed = notes(database.name, { migrations: [{ ...notesMigration, sql: `${notesMigration.sql} ` }] });
    const late = withMigration(database, 'SELECT 1', 'migrations/000_late.sql');
    for (const run of [applyDeclaration, diffDeclaration]) {
      const error = await rejection(run(database.admin, changed));
      expect(error.code).toBe('migration_changed');
      expect(error.message).toMatch(/^migrations\/001_notes\.sql: /);
      expect((await rejection(run(database.admin, late))).code).toBe('migration_out_of_order');
    }
    expect(await state(database)).toEqual(before);
  });

  it('see and change every row, while nobody else sees more', async () => {
    const database = await cluster.database(admin);
    await database.apply(notes(database.name));
    await applyDeclaration(database.admin, withMigration(database, `UPDATE notes SET body = upper(body)`));
    expect(await database.sql('SELECT body FROM api.notes ORDER BY id')).toEqual([{ body: 'MINE' }, { body: 'YOURS' }]);
    expect(await database.sql(`SELECT relforcerowsecurity FROM pg_class WHERE relname = 'notes'`)).toEqual([
      { relforcerowsecurity: true },
    ]);
  });

  it('that cannot be part of a transaction run, and in between nothing is open', async () => {
    const database = await cluster.database(admin);
    const user = `${database.name}_user`;
    await database.apply(notes(database.name));
    const migrations = [
      notesMigration,
      {
        file: 'migrations/002.sql',
        sql: `CREATE TABLE later (id int, user_id int); GRANT ALL ON later TO PUBLIC; CREATE POLICY open ON later USING (true);`,
      },
      {
        file: 'migrations/003.sql',
        sql: `DROP INDEX CONCURRENTLY IF EXISTS bodies;\nCREATE UNIQUE INDEX CONCURRENTLY bodies ON notes ((id > 0));`,
      },
      { file: 'migrations/004.sql', sql: 'SELECT 1' },
    ];
    const declaration = notes(database.name, { migrations });
    const before = await accessState(database);
    const error = await rejection(applyDeclaration(database.admin, declaration));
    expect(error.code).toBe('migration_failed');
    expect(error.message).toContain('migrations/003.sql:2: could not create unique index "bodies"');
    // What ran before it stays, and is closed.
    expect(await accessState(database)).toEqual(expect.arrayContaining(before));
    await expect(database.request(user, {}, 'SELECT * FROM api.later')).rejects.toThrow('permission denied');
    expect(await database.sql(`SELECT polname FROM pg_policy WHERE polname = 'open'`)).toEqual([]);
    expect(
      await database.sql(`SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'later'`),
    ).toEqual([{ relrowsecurity: true, relforcerowsecurity: true }]);

    await database.sql('DELETE FROM api.notes WHERE id = 2');
    expect((await applyDeclaration(database.admin, declaration)).migrations).toEqual([
      'migrations/003.sql',
      'migrations/004.sql',
    ]);
    await expect(database.request(user, {}, 'SELECT * FROM api.later')).rejects.toThrow('permission denied');
    expect(await database.sql(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'api.bodies'::regclass`)).toEqual([
      { indisvalid: true },
    ]);
  });

  it.each([
    ['of a name', 'CREATE UNIQUE INDEX CONCURRENTLY owners ON notes (user_id)', ['owners']],
    ['without a name', 'CREATE UNIQUE INDEX CONCURRENTLY ON notes (user_id)', ['notes_user_id_idx1']],
    ['that may be there', 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS owners ON api.notes (user_id)', ['owners']],
  ])('leave no invalid index %s behind, and none in the way of the next deploy', async (_, sql, names) => {
    const database = await cluster.database(admin);
    await database.apply(notes(database.name));
    await database.sql('UPDATE api.notes SET user_id = 1');
    const indexes = () =>
      database.sql(`SELECT relname AS name, indisvalid AS valid FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid
        WHERE indrelid = 'api.notes'::regclass AND relname NOT IN ('notes_pkey', 'notes_user_id_idx') ORDER BY 1`);
    const failing = withMigration(database, sql);
    expect((await rejection(applyDeclaration(database.admin, failing))).code).toBe('migration_failed');
    expect(await indexes()).toEqual([]);
    // As a run that was killed leaves it.
    await database.sql(sql.replace(/ON (api\.)?notes/, 'ON api.notes')).catch(() => undefined);
    expect(await indexes()).toEqual(names.map((name) => ({ name, valid: false })));
    await database.sql('UPDATE api.notes SET user_id = id');
    await applyDeclaration(database.admin, failing);
    expect(await indexes()).toEqual(names.map((name) => ({ name, valid: true })));
  });

  it.each([
    'CLUSTER',
    'REINDEX SCHEMA api',
    'REINDEX TABLE CONCURRENTLY notes',
    'VACUUM notes',
    'ALTER TABLE parts DETACH PARTITION parts_1 CONCURRENTLY',
  ])('run outside of a transaction where Postgres wants that: %s', async (sql) => {
    const database = await cluster.database(admin);
    const parts = {
      file: 'migrations/001_parts.sql',
      sql: `CREATE TABLE parts (id int) PARTITION BY LIST (id); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)`,
    };
    const migrations = [notesMigration, parts, { file: 'migrations/002.sql', sql }];
    expect((await database.apply(notes(database.name, { migrations }))).migrations).toHaveLength(3);
  });

  it('bind the owner again at each commit, in the private schema and under another name too', async () => {
    const database = await cluster.database(admin);
    const secret = `${database.name}_private`;
    const migrations = [
      notesMigration,
      {
        file: 'migrations/002.sql',
        sql: `CREATE TABLE ${secret}.kept (); ALTER TABLE ${secret}.kept ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`,
      },
    ];
    await database.apply(notes(database.name, { migrations }));
    const forced = () =>
      database.sql(
        `SELECT relname AS name FROM pg_class WHERE relforcerowsecurity AND relnamespace::regnamespace::text IN ('api', '${secret}') ORDER BY 1`,
      );
    const before = await forced();
    expect(before).toEqual([{ name: 'kept' }, { name: 'notes' }]);
    const next = [
      {
        file: 'migrations/003.sql',
        sql: `ALTER TABLE ${secret}.kept RENAME TO held; UPDATE notes SET body = upper(body)`,
      },
      { file: 'migrations/004.sql', sql: 'CREATE UNIQUE INDEX CONCURRENTLY ON notes ((1))' },
    ];
    const declaration = notes(database.name, { migrations: [...migrations, ...next] });
    expect((await rejection(applyDeclaration(database.admin, declaration))).message).toContain(
      'committed: migrations/003.sql [migration_failed]',
    );
    expect(await forced()).toEqual([{ name: 'held' }, { name: 'notes' }]);
    expect(await database.sql('SELECT body FROM api.notes ORDER BY id')).toEqual([{ body: 'MINE' }, { body: 'YOURS' }]);
  });

  it.each([
    ['table', { tables: [{ name: 'nowhere' }] }, 'there is no table api.nowhere'],
    ['view', { views: [{ name: 'nowhere' }] }, 'there is no view api.nowhere'],
    [
      'function',
      (user: string) => ({ functions: [{ name: 'nowhere', arguments: ['integer'], execute: user }] }),
      'there is no function api.nowhere(integer)',
    ],
    [
      'column',
      (user: string) => ({ views: [{ name: 'v', grants: [{ to: user, select: ['nowhere'] }] }] }),
      'there is no column api.v.nowhere',
    ],
  ])('that leave out a declared %s fail', async (_, more, message) => {
    const database = await cluster.database(admin);
    await database.apply(notes(database.name));
    const before = await state(database);
    const migrations = [notesMigration, { file: 'migrations/002.sql', sql: 'CREATE VIEW v AS SELECT 1 AS one' }];
    const declaration = notes(database.name, {
      migrations,
      ...(typeof more === 'function' ? more(`${database.name}_user`) : more),
    });
    const error = await rejection(applyDeclaration(database.admin, declaration));
    expect(error.code).toBe('missing_object');
    expect(error.message).toContain(message);
    expect(await state(database)).toEqual(before);
  });

  it('leave a custom policy with an error to be told by its own file', async () => {
    const database = await cluster.database(admin);
    const user = `${database.name}_user`;
    await database.apply(notes(database.name));
    const before = await state(database);
    const table = notesInput(database.name).tables![0]!;
    const broken = (using: string, check?: string) =>
      notes(database.name, {
        tables: [
          {
            ...table,
            policies: [
              ...table.policies!,
              custom({
                to: user,
                for: ['update'],
                using: { file: 'policies/using.sql', sql: using },
                ...(check !== undefined && { check: { file: 'policies/check.sql', sql: check } }),
              }),
            ],
          },
        ],
      });
    for (const [declaration, place] of [
      [
        broken('-- mine\nuser_id =\n  nobody'),
        'policies/using.sql:3 (table notes, policies[1] (custom)): column "nobody"',
      ],
      [
        broken('true', '-- mine\n\nnobody > 0'),
        'policies/check.sql:3 (table notes, policies[1] (custom)): column "nobody"',
      ],
      [
        broken('user_id'),
        'policies/using.sql:1 (table notes, policies[1] (custom)): argument of WHERE must be type boolean',
      ],
      [broken('true true'), 'policies/using.sql:1 (table notes, policies[1] (custom)): syntax error at or near "true"'],
    ] as const) {
      const error = await rejection(applyDeclaration(database.admin, declaration));
      expect(error.code).toBe('access_sql_failed');
      expect(error.message).toContain(place);
    }
    expect(await state(database)).toEqual(before);
  });
});
