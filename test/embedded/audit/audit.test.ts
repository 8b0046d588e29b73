import { beforeAll, describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase } from '../../../apply/index.ts';
import { allRows, membership, ownRows, type Declaration } from '../../../declaration/index.ts';
import { accessState, useCluster, type TestDatabase } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';
import { POSTGRES_ADVISORIES } from '../../support/embedded-advisories.ts';
import { notes, notesInput, notesMigration } from '../../support/notes.ts';

const cluster = useCluster();

/** What opens a database, what the audit calls it, and whether only a warning; `$` stands for the prefix of the roles. */
type Hole = [name: string, sql: string, rule: string];

/** The runner puts these right by itself. */
const mended: Hole[] = [
  ['a table without row security', 'ALTER TABLE api.notes DISABLE ROW LEVEL SECURITY', 'rls_disabled'],
  ['a table that does not bind its owner', 'ALTER TABLE api.notes NO FORCE ROW LEVEL SECURITY', 'rls_not_forced'],
  ['a table without a policy', 'GRANT SELECT ON api.plain TO $_user', 'no_policy'],
  ['a table for PUBLIC', 'GRANT SELECT ON api.notes TO PUBLIC', 'granted_to_public'],
  ['a column for PUBLIC', 'GRANT SELECT (body) ON api.notes TO PUBLIC', 'granted_to_public'],
  ['a schema for PUBLIC', 'GRANT USAGE ON SCHEMA api TO PUBLIC', 'granted_to_public'],
  ['a function for PUBLIC', 'GRANT EXECUTE ON FUNCTION api.hello() TO PUBLIC', 'granted_to_public'],
  ['a database for PUBLIC', 'GRANT TEMP ON DATABASE $ TO PUBLIC', 'granted_to_public'],
  ['a looser policy', 'CREATE POLICY open ON api.notes USING (true)', 'not_as_declared'],
  [
    'a view with rights of its own',
    'ALTER VIEW api.list RESET (security_invoker); GRANT SELECT ON api.list TO $_user',
    'view_bypasses_policies',
  ],
  [
    'a second login with a setting',
    'CREATE ROLE $_authenticator_2 LOGIN IN ROLE $_authenticator; ALTER ROLE $_authenticator_2 SET row_security = off',
    'not_as_declared',
  ],
];

/** These need somebody: no deploy goes through. */
const refused: Hole[] = [
  ['a definer function', `ALTER FUNCTION api.hello() SECURITY DEFINER SET search_path = ''`, 'security_definer'],
  [
    'a definer function without a search path',
    'ALTER FUNCTION api.declared_definer() RESET search_path',
    'search_path_not_set',
  ],
  [
    'a definer function in the private schema',
    'ALTER FUNCTION $_private.helper() SECURITY DEFINER',
    'security_definer',
  ],
  [
    'a trigger with the rights of another',
    `CREATE SCHEMA other; CREATE FUNCTION other.f() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = '' AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON api.notes
    FOR EACH ROW EXECUTE FUNCTION other.f()`,
    'trigger_of_other_owner',
  ],
  [
    'a definer trigger without a search path',
    `CREATE FUNCTION api.f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON api.notes FOR EACH ROW EXECUTE FUNCTION api.f()`,
    'search_path_not_set',
  ],
  ['a rule', 'CREATE RULE r AS ON INSERT TO api.notes DO ALSO UPDATE api.plain SET id = 0', 'rewrite_rule'],
  ['a login role that is a superuser', 'ALTER ROLE $_authenticator SUPERUSER', 'authenticator_privileged'],
  ['a login role that passes policies', 'ALTER ROLE $_authenticator BYPASSRLS', 'authenticator_privileged'],
  ['a login role that makes roles', 'ALTER ROLE $_authenticator CREATEROLE', 'authenticator_privileged'],
  ['a login role that inherits', 'ALTER ROLE $_authenticator INHERIT', 'authenticator_inherits'],
  [
    'a login role with an inheriting membership',
    'GRANT $_user TO $_authenticator WITH INHERIT TRUE',
    'authenticator_inherits',
  ],
  ['a login role that cannot log in', 'ALTER ROLE $_authenticator NOLOGIN', 'authenticator_cannot_login'],
  ['a login role in another role', 'GRANT pg_read_all_data TO $_authenticator', 'authenticator_member'],
  ['a login role in the owner', 'GRANT $_owner TO $_authenticator', 'authenticator_member'],
  [
    'a login role that cannot become a role',
    'GRANT $_user TO $_authenticator WITH SET FALSE',
    'authenticator_not_member',
  ],
  ['a login role without a role', 'REVOKE $_user FROM $_authenticator', 'authenticator_not_member'],
  ['a login role that may grant a role', 'GRANT $_user TO $_authenticator WITH ADMIN TRUE', 'role_admin'],
  ['a login role that owns something', 'CREATE SCHEMA other AUTHORIZATION $_authenticator', 'role_owns_objects'],
  [
    'a second login with more rights',
    'CREATE ROLE $_authenticator_2 LOGIN CREATEDB IN ROLE $_authenticator',
    'authenticator_privileged',
  ],
  [
    'a second login that is a superuser',
    'CREATE ROLE $_authenticator_2 LOGIN SUPERUSER IN ROLE $_authenticator',
    'authenticator_privileged',
  ],
  [
    'a second login in another role',
    'CREATE ROLE $_authenticator_2 LOGIN IN ROLE $_authenticator, pg_read_all_data',
    'authenticator_member',
  ],
  ['an API role that passes policies', 'ALTER ROLE $_user BYPASSRLS', 'role_privileged'],
  ['an API role that can log in', 'ALTER ROLE $_user LOGIN', 'role_can_login'],
  ['an owner that can log in', 'ALTER ROLE $_owner LOGIN', 'role_can_login'],
  ['an API role that owns something', 'CREATE SCHEMA other AUTHORIZATION $_user', 'role_owns_objects'],
  ['an API role in another role', 'GRANT pg_write_all_data TO $_user', 'role_member'],
  ['an API role in the owner', 'GRANT $_owner TO $_anon', 'role_member'],
  ['an API role without what it inherits', 'REVOKE $_user FROM $_other', 'role_not_member'],
  ['a membership that inherits nothing', 'GRANT $_user TO $_other WITH INHERIT FALSE', 'role_not_member'],
  ['an API role that may grant another', 'GRANT $_user TO $_other WITH ADMIN OPTION', 'role_admin'],
  [
    'a table of another schema',
    'CREATE SCHEMA other; CREATE TABLE other.t (); GRANT SELECT ON other.t TO $_anon',
    'granted_elsewhere',
  ],
  [
    'a column of another schema',
    'CREATE SCHEMA other; CREATE TABLE other.t (a int); GRANT SELECT (a) ON other.t TO $_authenticator',
    'granted_elsewhere',
  ],
  ['another schema to create in', 'CREATE SCHEMA other; GRANT CREATE ON SCHEMA other TO $_user', 'granted_elsewhere'],
  ['a large object', 'SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO $_user', 'granted_elsewhere'],
  [
    'a foreign server',
    'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN SERVER s TO $_user',
    'granted_elsewhere',
  ],
  ['a setting', 'GRANT SET ON PARAMETER session_replication_role TO $_user', 'granted_elsewhere'],
  [
    'default privileges of another schema',
    'CREATE SCHEMA other; ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT SELECT ON TABLES TO $_user',
    'granted_elsewhere',
  ],
  ['a database owned by an API role', 'ALTER DATABASE $ OWNER TO $_user', 'role_owns_objects'],
  ['a setting of the database', 'ALTER DATABASE $ SET session_replication_role = replica', 'weakening_setting'],
  ['a setting of every role', 'ALTER ROLE ALL SET row_security = off', 'weakening_setting'],
  ['a setting of every role in the database', `ALTER ROLE ALL IN DATABASE $ SET role = 'none'`, 'weakening_setting'],
];

/** Told, but not refused. */
const warned: Hole[] = [
  ['another member of an API role', 'CREATE ROLE $_someone LOGIN IN ROLE $_user', 'role_has_member'],
  ['another member of the owner', 'CREATE ROLE $_someone LOGIN IN ROLE $_owner', 'role_has_member'],
  ['a function of another schema', `CREATE SCHEMA other; GRANT USAGE ON SCHEMA other TO $_user`, 'granted_elsewhere'],
  ['a published table', 'CREATE PUBLICATION p FOR TABLE api.notes (id)', 'published'],
  ['a missing index', 'DROP INDEX api.notes_user_id_idx', 'missing_index'],
];

function audited(prefix: string): Declaration {
  const [user, other] = [`${prefix}_user`, `${prefix}_other`];
  const tables = notesInput(prefix).tables!.map((table) => ({
    ...table,
    policies: [...table.policies!, allRows({ to: `${prefix}_owner`, for: 'select' })],
  }));
  return notes(prefix, {
    tables,
    roles: { anonymous: `${prefix}_anon`, users: [user, { name: other, inherits: [user] }] },
    migrations: [
      notesMigration,
      {
        file: 'migrations/002.sql',
        sql: `CREATE TABLE plain (id int);
          CREATE VIEW list AS SELECT * FROM notes;
          CREATE FUNCTION hello() RETURNS text LANGUAGE sql RETURN 'hello';
          CREATE FUNCTION ${prefix}_private.helper() RETURNS text LANGUAGE sql RETURN 'hello';
          CREATE FUNCTION declared_definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = ''
            AS 'SELECT count(*) FROM api.notes';
          CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
            AS 'BEGIN RETURN NEW; END';
          CREATE TRIGGER stamp BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION stamp();`,
      },
    ],
    functions: [
      { name: 'hello', execute: user },
      { name: `${prefix}_private.helper`, execute: user },
      { name: 'declared_definer', execute: user, securityDefiner: true },
    ],
  });
}

describe('the audit', () => {
  let database: TestDatabase;
  let declaration: Declaration;
  const fill = (sql: string) => sql.replaceAll('$', database.name);

  it('finds nothing in a database that is as declared', async () => {
    database = await cluster.database();
    declaration = audited(database.name);
    await database.apply(declaration);
    expect(await auditDatabase(database.admin, declaration)).toEqual([]);
  });

  describe.each([
    ['puts right', mended],
    ['refuses', refused],
    ['warns of', warned],
  ] as const)('%s', (outcome, holes) => {
    beforeAll(async () => {
      database = await cluster.database();
      declaration = audited(database.name);
      await database.apply(declaration);
    });

    it.each(holes)('%s', async (_, sql, rule) => {
      const before = await accessState(database);
      await database.sql(fill(sql));
      const tampered = await accessState(database);
      const findings = await auditDatabase(database.admin, declaration);
      expect(findings.map((finding) => finding.rule)).toContain(rule);
      for (const { object, problem, fix } of findings) expect([object.text, problem, fix.text]).not.toContain('');
      expect(await accessState(database)).toEqual(tampered);

      if (outcome === 'refuses') {
        const error = await rejection(applyDeclaration(database.admin, declaration));
        expect(error.code).toBe('audit_failed');
        expect(error.message).toContain(`${rule}: `);
        expect(await accessState(database)).toEqual(tampered);
      } else {
        const { warnings } = await applyDeclaration(database.admin, declaration);
        expect(warnings.map((finding) => finding.rule)).toEqual(outcome === 'warns of' ? [rule] : []);
      }
      // From here on, the roles and the objects are made right by hand.
      await undo();
      if (outcome !== 'warns of') expect(await accessState(database)).toEqual(before);
    });

    async function undo() {
      await database.sql(
        fill(`DROP SCHEMA IF EXISTS other CASCADE; DROP FUNCTION IF EXISTS api.f() CASCADE;
        DROP RULE IF EXISTS r ON api.notes; DROP FOREIGN DATA WRAPPER IF EXISTS w CASCADE; DROP ROLE IF EXISTS $_someone, $_authenticator_2;
        ALTER FUNCTION api.hello() SECURITY INVOKER RESET ALL; ALTER FUNCTION $_private.helper() SECURITY INVOKER;
        ALTER FUNCTION api.declared_definer() SET search_path = '';
        ALTER ROLE $_authenticator NOINHERIT; REVOKE SET ON PARAMETER session_replication_role FROM $_user;
        ALTER DATABASE $ RESET ALL; ALTER DATABASE $ OWNER TO CURRENT_USER; ALTER ROLE ALL RESET ALL; DROP PUBLICATION IF EXISTS p;
        SELECT lo_unlink(oid) FROM pg_largeobject_metadata; CREATE INDEX IF NOT EXISTS notes_user_id_idx ON api.notes (user_id)`),
      );
      await database.apply(declaration);
    }
  });

  it.each([
    ['a materialized view', 'CREATE MATERIALIZED VIEW kept AS SELECT * FROM notes'],
    ['a foreign table', 'CREATE FOREIGN TABLE kept (id int, user_id int) SERVER remote'],
  ])('refuses %s behind a grant', async (_, sql) => {
    database = await cluster.database();
    await database.apply(notes(database.name));
    await database.sql(
      fill(`CREATE FOREIGN DATA WRAPPER w; CREATE SERVER remote FOREIGN DATA WRAPPER w;
      GRANT USAGE ON FOREIGN SERVER remote TO $_owner`),
    );
    const before = await accessState(database);
    const declared = notes(database.name, {
      migrations: [notesMigration, { file: 'migrations/002.sql', sql }],
      views: [{ name: 'kept', grants: [{ to: `${database.name}_user`, select: true }] }],
    });
    const error = await rejection(applyDeclaration(database.admin, declared));
    expect(error.code).toBe('audit_failed');
    expect(error.message).toContain('view_bypasses_policies: api.kept');
    expect(await accessState(database)).toEqual(before);
  });

  it('warns of advisories on the running server, lets the deploy pass, and leaves out what is accepted', async () => {
    database = await cluster.database();
    const expected = {
      rule: 'known_advisory',
      level: 'warning',
      object: { kind: 'server', name: '18.4', text: 'PostgreSQL 18.4' },
      problem: expect.stringMatching(/^is affected by CVE-2026-6460 \(/) as string,
      fix: { text: expect.stringMatching(/^use 18\.\d+ or later$/) as string, sql: [] },
    };
    const accepting = (acceptedAdvisories: readonly string[]) => notes(database.name, { acceptedAdvisories });
    const { migrations, warnings } = await database.apply(accepting([]));
    expect(migrations).toEqual(['migrations/001_notes.sql']);
    expect(warnings).toEqual([expected]);
    expect(await auditDatabase(database.admin, accepting([]))).toEqual([expected]);

    const [first] = await auditDatabase(database.admin, accepting(['CVE-2026-6460']));
    expect(first!.problem).toMatch(/^is affected by CVE-2026-120141 \(/);
    expect(await auditDatabase(database.admin, accepting(POSTGRES_ADVISORIES))).toEqual([]);
  });

  it('names each column that a policy compares and no index serves', async () => {
    database = await cluster.database();
    const user = `${database.name}_user`;
    const migrations = [
      { file: '1.sql', sql: 'CREATE TABLE a (id int PRIMARY KEY, user_id int); CREATE TABLE m (k int, who int);' },
    ];
    const through = { table: 'm', key: 'k', member: 'who' };
    const { warnings } = await database.apply(
      notes(database.name, {
        migrations,
        tables: [
          {
            ...notesInput(database.name).tables![0]!,
            name: 'a',
            grants: [{ to: user, select: true }],
            policies: [
              ownRows({ to: user, column: 'user_id', claim: 'user_id', type: 'int' }),
              membership({ to: user, column: 'id', type: 'int', through, claim: 'user_id', memberType: 'int' }),
            ],
          },
        ],
      }),
    );
    expect(warnings.map(({ rule, object }) => [rule, object.text])).toEqual([
      ['missing_index', 'api.a.user_id'],
      ['missing_index', 'api.m.who'],
    ]);
  });
});
