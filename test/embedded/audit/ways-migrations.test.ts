import { describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase } from '../../../apply/index.ts';
import { rejection } from '../../support/errors.ts';
import { byMigration } from './ways/by-migration.ts';
import { waysDeclaration } from './ways/declaration.ts';
import { declaration, useWays } from './ways/use-ways.ts';

const { database, sql, read, access, shown, serves } = useWays();

describe('a migration', () => {
  it.each(byMigration.map((way) => [way.name, way] as const))(
    'with %s opens nothing, or is refused',
    async (_, { sql: text, refused, ask }) => {
      const deploy = applyDeclaration(database(), waysDeclaration([{ file: 'migrations/002_way.sql', sql: text }]));
      if (refused) {
        const closed = await access();
        const error = await rejection(deploy);
        expect(error.code).toBe(refused[0]);
        expect(error.message).toContain(refused[1]);
        expect(await access()).toEqual(closed);
      } else {
        await deploy;
        await sql(`NOTIFY pgrst, 'reload schema'`);
      }
      expect(await read(`SELECT FROM pg_roles WHERE rolname = 'w_super'`)).toEqual([]);
      await serves();
      if (ask) expect(await shown(ask)).toBe(false);
      expect((await auditDatabase(database(), declaration)).filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

  it('runs as the owner all the same', async () => {
    const record = 'CREATE TABLE api.who AS SELECT current_user::text AS who; SET search_path = pg_catalog;';
    await applyDeclaration(
      database(),
      waysDeclaration([
        { file: 'migrations/002_who.sql', sql: record },
        { file: 'migrations/003_path.sql', sql: 'CREATE TABLE found AS SELECT * FROM who' },
      ]),
    );
    expect(await read('SELECT who FROM api.found')).toEqual([{ who: 'w_owner' }]);
  });
});

describe('what Postgres and extensions bring', () => {
  it('is no finding', async () => {
    await sql(`CREATE EXTENSION citext; CREATE EXTENSION pg_trgm; CREATE EXTENSION hstore; CREATE EXTENSION pg_stat_statements;
      CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw; CREATE EXTENSION file_fdw; CREATE EXTENSION pgcrypto; CREATE EXTENSION "uuid-ossp";
      CREATE EXTENSION btree_gist; CREATE EXTENSION ltree; CREATE EXTENSION unaccent; CREATE EXTENSION lo; CREATE EXTENSION tablefunc`);
    expect(await auditDatabase(database(), declaration)).toEqual([]);
  });
});
