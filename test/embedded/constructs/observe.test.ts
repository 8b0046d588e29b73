import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DatabaseAccess, observe, PostgresDatabase } from '../../../constructs/index.ts';
import type { Declaration } from '../../../declaration/types.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { notes } from '../../support/notes.ts';
import { testStack } from '../../support/synth.ts';

const cluster = useCluster();

/** The notes that the synthesis of a deploy prints, which come before the deploy asks for approval. */
async function announced({ name, admin }: TestDatabase, declaration: Declaration): Promise<unknown[]> {
  const { app, stack, secrets, directory } = testStack();
  const adminPasswordFile = join(directory, 'password');
  writeFileSync(adminPasswordFile, admin.password, { mode: 0o600 });
  const { host, port, user: adminUser } = admin;
  const place = { host, internalHost: 'db', port, database: name, adminUser, adminPasswordFile };
  const database = PostgresDatabase.fromExisting(stack, 'database', place);
  const access = new DatabaseAccess(stack, 'access', { declaration, database, secrets });
  await observe(app);
  return access.node.metadata.map(({ data }): unknown => data);
}

it('a synthesis lists the SQL that the deploy will run, and nothing where it will run none', async () => {
  const database = await cluster.database();
  const declaration = notes(database.name);
  await database.apply(declaration);
  expect(await announced(database, declaration)).toEqual([]);

  await database.sql('GRANT SELECT ON api.notes TO PUBLIC');
  const more = { file: 'migrations/002.sql', sql: 'CREATE TABLE api.more ()' };
  const next = notes(database.name, { migrations: [...declaration.migrations, more] });
  expect(await announced(database, next)).toEqual([
    'this deploy runs:\n  -- migration migrations/002.sql\n  REVOKE ALL ON TABLE "api"."notes" FROM PUBLIC CASCADE;',
  ]);
});
