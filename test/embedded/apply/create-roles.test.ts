import { describe, expect, it } from 'vitest';
import { auditDatabase, createRoles } from '../../../apply/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { ADMINS, useCluster } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

describe.each(ADMINS)('createRoles as %s', (admin) => {
  it('gives every role exactly its attributes and memberships', async () => {
    const database = await cluster.database(admin);
    const name = database.name;
    const roles = {
      anonymous: `${name}_anon`,
      users: [`${name}_user`, { name: `${name}_other`, inherits: [`${name}_user`] }],
    };
    const declaration = notes(name, { roles });
    await database.apply(declaration);
    const attributes = `SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls
      FROM pg_roles WHERE rolname LIKE '${name}\\_%' AND rolname <> '${name}_admin' ORDER BY 1`;
    const memberships = `SELECT roleid::regrole::text AS role, member::regrole::text, admin_option, inherit_option, set_option
      FROM pg_auth_members WHERE member::regrole::text IN ('${name}_authenticator', '${name}_other', '${name}_user', '${name}_anon')
      ORDER BY 1, 2`;
    const none = {
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
    };
    const declared = [
      { rolname: `${name}_anon`, ...none, rolinherit: true, rolcanlogin: false },
      { rolname: `${name}_authenticator`, ...none, rolinherit: false, rolcanlogin: true },
      { rolname: `${name}_other`, ...none, rolinherit: true, rolcanlogin: false },
      { rolname: `${name}_owner`, ...none, rolinherit: true, rolcanlogin: false },
      { rolname: `${name}_user`, ...none, rolinherit: true, rolcanlogin: false },
    ];
    expect(await database.sql(attributes)).toEqual(declared);
    const held = await database.sql(memberships);
    expect(held.map(({ role, member }) => [role, member])).toEqual([
      [`${name}_anon`, `${name}_authenticator`],
      [`${name}_other`, `${name}_authenticator`],
      [`${name}_user`, `${name}_authenticator`],
      [`${name}_user`, `${name}_other`],
    ]);

    // Only a superuser can take away what only a superuser can give.
    const given = admin === 'superuser' ? 'SUPERUSER BYPASSRLS REPLICATION CREATEROLE' : 'CREATEROLE';
    await database.sql(`ALTER ROLE ${name}_user LOGIN ${given}; ALTER ROLE ${name}_authenticator INHERIT`);
    const grantor = admin === 'superuser' ? '' : ` GRANTED BY ${name}_admin`;
    await database.sql(`GRANT ${name}_owner TO ${name}_anon${grantor}`);
    await database.sql(`GRANT ${name}_user TO ${name}_authenticator WITH INHERIT TRUE, ADMIN TRUE${grantor}`);
    await database.sql(`REVOKE ${name}_user FROM ${name}_other${grantor}`);
    await database.apply(declaration);
    expect(await database.sql(attributes)).toEqual(declared);
    expect(await database.sql(memberships)).toEqual(held);
    expect(await auditDatabase(database.admin, declaration)).toEqual([]);
  });

  it('changes the password, which no error shows', async () => {
    const database = await cluster.database(admin);
    const declaration = notes(database.name);
    await database.apply(declaration);
    const password = `it's a "secret" \\ $$`;
    await withClient(database.admin, (client) => createRoles(client, declaration, { authenticator: password }));
    const authenticator = { ...database.superuser, user: declaration.authenticator, password };
    await withClient(authenticator, (client) => client.query('SELECT 1'));

    const stranger = { ...database.superuser, user: declaration.authenticator, password };
    const error = await rejection(
      withClient(stranger, (client) => createRoles(client, declaration, { authenticator: password })).then(() =>
        // It may change its own password, and nothing else.
        withClient(stranger, (client) => createRoles(client, notes('nobody'), { authenticator: password })),
      ),
    );
    expect(error.code).toBe('missing_privilege');
    expect(error.message).toContain('permission denied to create role');
    expect(error.message).toContain(`ALTER ROLE "${declaration.authenticator}" CREATEROLE`);
    expect(`${error.message}${JSON.stringify(error.cause)}`).not.toContain('secret');
  });
});
