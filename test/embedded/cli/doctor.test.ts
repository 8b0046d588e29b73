import { expect, it } from 'vitest';
import { checkDatabase } from '../../../cli/doctor/database.ts';
import { useCluster } from '../../support/database.ts';

const cluster = useCluster();
const problems = async (...args: Parameters<typeof checkDatabase>) =>
  (await checkDatabase(...args)).filter(({ level }) => level === 'problem').map(({ message }) => message);

it.each(['superuser', 'database owner'] as const)('an existing database may be deployed to by a %s', async (admin) => {
  const { admin: connection } = await cluster.database(admin);
  expect(await problems(connection)).toEqual([]);
  expect((await checkDatabase(connection)).map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^the clock of the database is 0\.\d s/),
  );
});

it('who lacks rights, a wrong password and a port where nothing listens are problems', async () => {
  const database = await cluster.database();
  const { name, admin } = database;
  await database.sql(`CREATE ROLE ${name}_reader LOGIN CREATEROLE PASSWORD 'reader'`);
  const reader = { ...admin, user: `${name}_reader`, password: 'reader' };
  expect(await problems(reader)).toEqual([expect.stringContaining(`"${name}_reader" is no superuser, and has not`)]);
  expect(await problems({ ...reader, password: 'wrong' })).toEqual([
    expect.stringContaining('password authentication failed'),
  ]);
  expect(await problems({ ...admin, port: 1 })).toEqual([expect.stringContaining('ECONNREFUSED')]);
});
