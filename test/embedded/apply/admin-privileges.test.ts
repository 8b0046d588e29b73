import { afterEach, describe, expect, it } from 'vitest';
import { lackingPrivileges } from '../../../apply/admin-privileges.ts';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import { observeDatabase } from '../../../apply/observe-database.ts';
import { checkDatabase } from '../../../cli/doctor/database.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import { apiRoles } from '../../../declaration/roles.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

const connectionOf = (database: TestDatabase, user: string) => ({ ...database.admin, user, password: 'second' });

/** An admin that owns the database of another one, but made none of the roles. */
async function secondAdmin(attributes = 'CREATEROLE') {
  const database = await cluster.database('database owner');
  const declaration = notes(database.name);
  await database.apply(declaration);
  const second = `${database.name}_second`;
  await database.sql(`CREATE ROLE ${second} LOGIN ${attributes} PASSWORD 'second'`);
  await database.sql(`ALTER DATABASE ${database.name} OWNER TO ${second}`);
  return { database, declaration, second: connectionOf(database, second) };
}

describe('a second admin', () => {
  it("is told which GRANT helps, with Postgres' own detail, and can deploy after it", async () => {
    const { database, declaration, second } = await secondAdmin();
    const { name, admin } = database;
    const roles = ['anon', 'authenticator', 'other', 'owner', 'user'].map((role) => `"${name}_${role}"`).join(', ');
    const grant = `GRANT ${roles} TO "${second.user}" WITH ADMIN OPTION`;

    const error = await rejection(applyDeclaration(second, declaration));
    expect(error.message).toBe(
      `database ${name}: permission denied to grant role "${name}_owner" (Only roles with the ADMIN option on role ` +
        `"${name}_owner" may grant this role.); run as "${name}_admin": ${grant} [missing_privilege]`,
    );
    const passwords = { authenticator: 'password' };
    const inheriting = notes(name, {
      roles: { users: [`${name}_user`, { name: `${name}_new`, inherits: [`${name}_user`] }] },
    });
    const withRoles = await rejection(applyDeclaration(second, inheriting, { passwords }));
    expect(withRoles.message).toContain(`; run as "${name}_admin": GRANT `);
    expect(withRoles.code).toBe('missing_privilege');
    await database.sql(`DROP ROLE IF EXISTS ${name}_new`);

    const before = await rejection(observeDatabase(second, declaration, 'mine'));
    expect(before.message).toBe(
      `database ${name}: "${second.user}" has not the ADMIN option on ${roles.replaceAll('"', '')}; ` +
        `run as "${name}_admin": ${grant} [missing_privilege]`,
    );
    expect((await checkDatabase(second, declaration)).filter(({ level }) => level === 'problem')).toEqual([
      expect.objectContaining({ fix: `run as "${name}_admin": ${grant}` }),
    ]);

    await database.sql(`SET ROLE ${admin.user}; ${grant}`);
    const more = notes(name, {
      roles: {
        anonymous: `${name}_anon`,
        users: [`${name}_user`, `${name}_other`, { name: `${name}_more`, inherits: [`${name}_user`] }],
      },
    });
    await withClient(second, (client) => createRoles(client, more, { authenticator: 'password' }));
    await applyDeclaration(second, more);
    expect(await applyDeclaration(second, more)).toMatchObject({ changes: 0 });
    expect(await observeDatabase(second, more, 'mine')).toMatchObject({ asDeclared: true });
  });

  it('is told what a role without CREATEROLE and ownership lacks', async () => {
    const { database, declaration, second } = await secondAdmin('NOCREATEROLE');
    await database.sql(`ALTER DATABASE ${database.name} OWNER TO ${database.admin.user}`);
    const closed = await rejection(observeDatabase(second, declaration, 'mine'));
    const connect = `GRANT CONNECT ON DATABASE "${database.name}" TO "${second.user}"`;
    expect(closed.message).toContain(`permission denied for database "${database.name}"`);
    expect(closed.message).toContain(`run as its owner: ${connect}`);
    await database.sql(connect);
    const { message } = await rejection(observeDatabase(second, declaration, 'mine'));
    expect(message).toContain(`"${second.user}" does not own it, and has not CREATEROLE, and has not the ADMIN option`);
    expect(message).toContain(
      `run as a superuser: ALTER DATABASE "${database.name}" OWNER TO "${second.user}"; ` +
        `run as a superuser: ALTER ROLE "${second.user}" CREATEROLE; run as "${database.admin.user}": GRANT `,
    );
  });

  it('is told nothing of grants by a migration that lacks a privilege of its own', async () => {
    const { database, second } = await secondAdmin();
    await database.sql(`GRANT ${database.name}_owner TO ${second.user} WITH ADMIN OPTION`);
    const migrations = [...notes(database.name).migrations, { file: 'migrations/002.sql', sql: 'CREATE ROLE more;' }];
    const error = await rejection(applyDeclaration(second, notes(database.name, { migrations })));
    expect(error.code).toBe('migration_failed');
  });
});

describe('a managed service', () => {
  const services = ['rds_superuser', 'cloudsqlsuperuser', 'alloydbsuperuser', 'azure_pg_admin', 'neon_superuser'];
  let service: string;
  let database: TestDatabase;
  afterEach(() => database.sql(`DROP ROLE ${service}`));

  it.each(services)('is known by %s, which errors name in the place of a superuser', async (role) => {
    service = role;
    database = await cluster.database();
    await database.sql(`CREATE ROLE ${role}; CREATE ROLE ${database.name}_customer LOGIN PASSWORD 'second'`);
    const customer = connectionOf(database, `${database.name}_customer`);
    const { message } = await rejection(observeDatabase(customer, notes(database.name), 'mine'));
    expect(message).toContain(`run as a member of ${role}: ALTER ROLE "${database.name}_customer" CREATEROLE`);
    expect(message).not.toContain('a superuser');
    const problems = (await checkDatabase(customer)).filter(({ level }) => level === 'problem');
    expect(problems).toEqual([expect.objectContaining({ fix: expect.stringContaining(role) as string })]);
  });
});

describe('the statements of an error, run by the roles that it names, are all that an admin lacks', () => {
  const both = [true, false];
  const combinations = both.flatMap((owns) =>
    both.flatMap((createRole) =>
      ['none', 'some', 'all'].map((administered) => [owns, createRole, administered] as const),
    ),
  );

  it.each(combinations)(
    'owns the database: %s, CREATEROLE: %s, ADMIN on %s',
    async (owns, createRole, administered) => {
      const database = await cluster.database('database owner');
      const first = database.admin.user;
      const declaration = notes(database.name);
      await database.apply(declaration);
      const name = `${database.name} Second "Admin"`;
      const quoted = quoteIdentifier(name);
      const second = connectionOf(database, name);
      await database.sql(`CREATE ROLE ${quoted} LOGIN ${createRole ? 'CREATEROLE' : ''} PASSWORD 'second'`);
      await database.sql(`GRANT CONNECT ON DATABASE ${database.name} TO ${quoted}`);
      if (owns) await database.sql(`ALTER DATABASE ${database.name} OWNER TO ${quoted}`);
      const all = [...apiRoles(declaration).map((role) => role.name), declaration.authenticator, declaration.owner];
      const given = { none: [], some: all.slice(0, 2), all }[administered]!;
      for (const role of given) {
        await database.sql(`SET ROLE ${first}; GRANT ${quoteIdentifier(role)} TO ${quoted} WITH ADMIN OPTION`);
      }
      const lacking = () => withClient(second, (client) => lackingPrivileges(client, declaration));
      const before = await lacking();
      expect(before === undefined).toBe(owns && createRole && administered === 'all');
      for (const [, role, sql] of (before?.fix ?? '').matchAll(/run as (a superuser|"[^"]+"): (.*?)(?=; run as |$)/g)) {
        await database.sql(`${role === 'a superuser' ? '' : `SET ROLE ${role}; `}${sql}`);
      }
      expect(await lacking()).toBeUndefined();
      await withClient(second, (client) => createRoles(client, declaration, { authenticator: 'password' }));
      expect(await applyDeclaration(second, declaration)).toMatchObject({ migrations: [] });
      expect(await applyDeclaration(second, declaration)).toMatchObject({ changes: 0 });
    },
  );
});
