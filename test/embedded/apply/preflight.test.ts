import { describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase, diffDeclaration } from '../../../apply/index.ts';
import { useCluster } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

describe.each([
  ['applyDeclaration', applyDeclaration],
  ['diffDeclaration', diffDeclaration],
  ['auditDatabase', auditDatabase],
])('%s', (_, run) => {
  it('names the roles that do not exist', async () => {
    const database = await cluster.database();
    const error = await rejection(run(database.admin, notes(database.name)));
    expect(error.code).toBe('missing_role');
    expect(error.message).toContain(`${database.name}_authenticator, ${database.name}_owner, ${database.name}_anon`);
    expect(await database.sql(`SELECT nspname FROM pg_namespace WHERE nspname = 'api'`)).toEqual([]);
  });

  it('refuses an admin who does not own the database', async () => {
    const database = await cluster.database('database owner');
    await database.sql(`ALTER DATABASE ${database.name} OWNER TO postgres`);
    const error = await rejection(run(database.admin, notes(database.name)));
    expect(error.code).toBe('unsupported_database');
    expect(error.message).toContain(`ALTER DATABASE "${database.name}" OWNER TO "${database.name}_admin"`);
  });

  it('says where no database is, without the password', async () => {
    const database = await cluster.database();
    for (const wrong of [{ database: 'nowhere' }, { password: 'a wrong secret' }]) {
      const error = await rejection(run({ ...database.admin, ...wrong }, notes(database.name)));
      expect(error.code).toBe('database_unreachable');
      expect(error.message).toContain(`postgres at 127.0.0.1:${database.admin.port}`);
      expect(error.message).not.toContain(database.admin.password);
      expect(error.message).not.toContain('a wrong secret');
    }
  });
});
