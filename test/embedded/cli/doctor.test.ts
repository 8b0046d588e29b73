import { expect, it } from 'vitest';
import { checkDatabase } from '../../../cli/doctor/database.ts';
import todos from '../../../examples/todos/declaration.ts';
import { useCluster } from '../../support/database.ts';
import { POSTGRES_ADVISORIES } from '../../support/embedded-advisories.ts';

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

it('advisories on an existing database are warnings, unless they are accepted', async () => {
  const { admin } = await cluster.database();
  const warnings = async (acceptedAdvisories: readonly string[] = []) =>
    (await checkDatabase(admin, { ...todos, acceptedAdvisories }))
      .filter(({ level }) => level === 'warning')
      .map(({ message }) => message);
  expect(await warnings()).toEqual([expect.stringMatching(/^PostgreSQL 18\.4 is affected by CVE-2026-6460 \(/)]);
  expect(await warnings(POSTGRES_ADVISORIES)).toEqual([]);
});

it('who lacks rights, a wrong password and a port where nothing listens are problems', async () => {
  const database = await cluster.database();
  const { name, admin } = database;
  await database.sql(`CREATE ROLE ${name}_reader LOGIN CREATEROLE PASSWORD 'reader'`);
  const reader = { ...admin, user: `${name}_reader`, password: 'reader' };
  expect(await problems(reader)).toEqual([expect.stringContaining(`"${name}_reader" does not own it`)]);
  expect(await problems({ ...reader, password: 'wrong' })).toEqual([
    expect.stringContaining('password authentication failed'),
  ]);
  expect(await problems({ ...admin, port: 1 })).toEqual([expect.stringContaining('ECONNREFUSED')]);
});
