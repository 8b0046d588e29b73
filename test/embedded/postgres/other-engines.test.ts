import { describe, expect, it } from 'vitest';
import { applyDeclaration } from '../../../apply/index.ts';
import { connect } from '../../../postgres/connect.ts';
import { useCluster } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

/** A database whose server says that it is another one. */
async function databaseOf(version: string) {
  const database = await cluster.database();
  await database.sql(
    `CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql AS $$ SELECT '${version}' $$`,
  );
  return database;
}

describe('a server that is not PostgreSQL is rejected by its name', () => {
  it.each([
    ['CockroachDB', 'CockroachDB CCL v25.2.3 (x86_64-pc-linux-gnu, built 2025/07/15 18:15:00, go1.23.7)'],
    [
      'YugabyteDB',
      'PostgreSQL 15.12-YB-2025.1.0.1-b0 on x86_64-pc-linux-gnu, compiled by clang version 17.0.6, 64-bit',
    ],
    ['Amazon Redshift', 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0.117891'],
    ['Greenplum', 'PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit:e7c2b1f) on x86_64-pc-linux-gnu'],
    ['Materialize', 'PostgreSQL 9.5 on x86_64-unknown-linux-gnu (Materialize v0.130.0)'],
    ['RisingWave', 'PostgreSQL 13.14.0-RisingWave-2.4.0 (d9bc3a1)'],
    ['openGauss', '(openGauss 6.0.0 build aee4abd5) compiled at 2024-09-29 19:14:27'],
    ['QuestDB', 'PostgreSQL 12.3, compiled by Visual C++ build 1914, 64-bit, QuestDB'],
    ['not PostgreSQL', 'Something 1.0'],
  ])('%s', async (name, version) => {
    const database = await databaseOf(version);
    const error = await rejection(applyDeclaration(database.admin, notes(database.name)));
    expect(error.code).toBe('unsupported_database');
    expect(error.message).toContain(
      `postgres at 127.0.0.1:${database.admin.port}: the server is ${name} ("${version}")`,
    );
    expect(await database.sql(`SELECT FROM pg_roles WHERE rolname LIKE '${database.name}\\_%'`)).toEqual([]);
  });
});

it.each([
  'PostgreSQL 16.6 on aarch64-unknown-linux-gnu, compiled by aarch64-unknown-linux-gnu-gcc (GCC) 9.5.0, 64-bit',
  'PostgreSQL 15.2 (AlloyDB 15.2) on x86_64-pc-linux-gnu',
  'PostgreSQL 17.7 (Debian 17.7-3.pgdg13+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 14.2.0-19) 14.2.0, 64-bit',
  'PostgreSQL 18beta1 on x86_64-pc-linux-gnu',
  'PostgreSQL 16.2 (EnterpriseDB Advanced Server 16.2.0) on x86_64-pc-linux-gnu',
])('a service or distribution of PostgreSQL is accepted: %s', async (version) => {
  const database = await databaseOf(version);
  await (await connect(database.admin)).end();
});
