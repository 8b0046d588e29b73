import { expect, it } from 'vitest';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import { newRevision } from '../../../apply/revision.ts';
import { observeDatabase } from '../../../apply/observe-database.ts';
import { declaredRoles } from '../../../compile/catalog-scope.ts';
import type { Declaration } from '../../../declaration/index.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { describeAsAdmins } from '../../support/admins.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { freePort } from '../../support/deployment.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

const MINE = newRevision('mine');
/** A text that could do harm is stored and read back as it is. */
const OTHER = `mine'.\${file("/etc/hostname")}`;

const makeRoles = (database: TestDatabase, declaration: Declaration) =>
  withClient(database.admin, (client) => createRoles(client, declaration, { authenticator: 'password' }));

describeAsAdmins('as %s', (admin, it) => {
  it('finds a database that no run has touched, and roles that an interrupted deploy has left', async () => {
    const database = await cluster.database(admin);
    const declaration = notes(database.name);
    expect(await observeDatabase(database.admin, declaration, 'mine')).toMatchObject({
      revision: undefined,
      asDeclared: false,
      roles: [],
    });
    await makeRoles(database, declaration);
    expect(await observeDatabase(database.admin, declaration, 'mine')).toMatchObject({
      revision: undefined,
      asDeclared: false,
      roles: [...declaredRoles(declaration)].sort(),
    });
  });

  it('finds what the last run recorded, and its roles for the same deployment only', async () => {
    const database = await cluster.database(admin);
    const declaration = notes(database.name);
    await makeRoles(database, declaration);
    await applyDeclaration(database.admin, declaration, { revision: MINE });
    expect(await observeDatabase(database.admin, declaration, 'mine')).toEqual({
      revision: MINE,
      asDeclared: true,
      roles: [...declaredRoles(declaration)].sort(),
    });
    // Those without anything might still be an interrupted deploy's; the authenticator and the owner are in use.
    const others = await observeDatabase(database.admin, declaration, 'other');
    expect(others.roles).not.toContain(declaration.owner);
    expect(others.roles).not.toContain(declaration.users[0]!.name);

    await applyDeclaration(database.admin, declaration);
    expect((await observeDatabase(database.admin, declaration, 'mine')).revision).toBe(MINE);
    await applyDeclaration(database.admin, declaration, { revision: OTHER });
    expect((await observeDatabase(database.admin, declaration, 'mine')).revision).toBe(OTHER);
  });

  it.each([
    ['a grant', () => 'GRANT SELECT ON api.notes TO PUBLIC'],
    ['row security', () => 'ALTER TABLE api.notes NO FORCE ROW LEVEL SECURITY'],
    ['a dropped table', () => 'DROP TABLE api.notes'],
    [
      'a dropped role',
      ({ anonymous }: Declaration) => `DROP OWNED BY ${anonymous!.name}; DROP ROLE ${anonymous!.name}`,
    ],
    ['a membership', ({ authenticator }: Declaration) => `GRANT pg_read_all_data TO ${authenticator}`],
  ])('sees %s that was changed by hand', async (_, change) => {
    const database = await cluster.database(admin);
    const declaration = notes(database.name);
    await makeRoles(database, declaration);
    await applyDeclaration(database.admin, declaration, { revision: MINE });
    await database.sql(change(declaration));
    expect(await observeDatabase(database.admin, declaration, 'mine')).toMatchObject({ asDeclared: false });
  });

  it('lists the migrations and the statements that a deploy will run', async () => {
    const database = await cluster.database(admin);
    const declaration = notes(database.name);
    await makeRoles(database, declaration);
    await applyDeclaration(database.admin, declaration, { revision: MINE });
    await database.sql('GRANT SELECT ON api.notes TO PUBLIC');
    const more = { file: 'migrations/002.sql', sql: 'CREATE TABLE api.more ()' };
    const next = notes(database.name, { migrations: [...declaration.migrations, more] });
    const { difference } = await observeDatabase(database.admin, next, 'mine');
    expect(difference).toEqual({
      migrations: [more.file],
      statements: ['REVOKE ALL ON TABLE "api"."notes" FROM PUBLIC CASCADE'],
      missing: [],
    });
  });

  it.each([
    ['owns something', (role: string) => `CREATE SCHEMA theirs AUTHORIZATION ${role}`],
    ['may do something', (role: string) => `CREATE TABLE theirs (); GRANT SELECT ON theirs TO ${role}`],
    ['is a member of another role', (role: string) => `GRANT pg_monitor TO ${role}`],
    ['has another role as a member', (role: string) => `CREATE ROLE ${role}_member; GRANT ${role} TO ${role}_member`],
    ['is a superuser', (role: string) => `ALTER ROLE ${role} SUPERUSER`],
    ['may sign in', (role: string) => `ALTER ROLE ${role} LOGIN`],
    ['may replicate', (role: string) => `ALTER ROLE ${role} REPLICATION`],
    ['is not bound by row security', (role: string) => `ALTER ROLE ${role} BYPASSRLS`],
  ])('leaves a role that %s to whoever it belongs to', async (_, change) => {
    const database = await cluster.database(admin);
    const declaration = notes(database.name);
    await makeRoles(database, declaration);
    const [role] = declaration.users;
    await database.sql(change(role!.name));
    const { roles } = await observeDatabase(database.admin, declaration, 'mine');
    expect(roles).toEqual(
      declaredRoles(declaration)
        .filter((name) => name !== role!.name)
        .sort(),
    );
  });
});

it('leaves a role of somebody else alone that was added to the declaration', async () => {
  const database = await cluster.database();
  const declaration = notes(database.name);
  await makeRoles(database, declaration);
  await applyDeclaration(database.admin, declaration, { revision: MINE });
  await database.sql('CREATE ROLE reporting LOGIN; CREATE TABLE reports (); ALTER TABLE reports OWNER TO reporting');
  const users = ['reporting', database.admin.user, ...declaration.users.map(({ name }) => name)];
  const added = notes(database.name, { roles: { anonymous: declaration.anonymous!.name, users } });
  const { roles } = await observeDatabase(database.admin, added, 'mine');
  expect(roles).toEqual([...declaredRoles(declaration)].sort());
});

it('leaves a role alone that somebody has a session of, taken before it was closed', async () => {
  const database = await cluster.database();
  const declaration = notes(database.name);
  await makeRoles(database, declaration);
  await database.sql(`ALTER ROLE ${declaration.owner} LOGIN PASSWORD 'planted'`);
  await withClient({ ...database.superuser, user: declaration.owner, password: 'planted' }, async () => {
    await database.sql(`ALTER ROLE ${declaration.owner} NOLOGIN`);
    expect((await observeDatabase(database.admin, declaration, 'mine')).roles).not.toContain(declaration.owner);
  });
  await expect
    .poll(async () => (await observeDatabase(database.admin, declaration, 'mine')).roles)
    .toContain(declaration.owner);
});

it.each(['My-Admin', 'deploy@project.iam', 'Ad"min'])('asks as an admin with the name %s', async (admin) => {
  const database = await cluster.database();
  const declaration = notes(database.name);
  const name = quoteIdentifier(admin);
  await database.sql(`CREATE ROLE ${name} LOGIN CREATEROLE PASSWORD 'password'`);
  await database.sql(`ALTER DATABASE ${database.name} OWNER TO ${name}`);
  const connection = { ...database.admin, user: admin, password: 'password' };
  await withClient(connection, (client) => createRoles(client, declaration, { authenticator: 'password' }));
  const { roles } = await observeDatabase(connection, declaration, 'mine');
  expect(roles).toEqual([...declaredRoles(declaration)].sort());
  await database.sql(`DROP ROLE ${[...declaredRoles(declaration)].join(', ')}`);
});

it('fails where nobody answers, without waiting for it', async () => {
  const start = Date.now();
  const nobody = { host: '127.0.0.1', port: await freePort(), database: 'a', user: 'b', password: 'c' };
  await expect(observeDatabase(nobody, notes('nobody'), 'mine')).rejects.toMatchObject({
    code: 'database_unreachable',
  });
  expect(Date.now() - start).toBeLessThan(3_000);
});
