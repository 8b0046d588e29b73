import { allRows, declare, ownRows, tenant, type Declaration, type SqlSource } from '../../../declaration/index.ts';

const anon = 'app_anon';
export const user = 'app_user';

const setUp: SqlSource = {
  file: '001_app.sql',
  sql: `CREATE TABLE items (id int PRIMARY KEY, tenant int, grp int, title text);
    CREATE INDEX ON items (tenant);
    INSERT INTO items VALUES (1, 1, 1, 'mine'), (2, 2, 1, 'theirs');
    CREATE TABLE others (id int PRIMARY KEY, tenant int);
    CREATE INDEX ON others (tenant);
    INSERT INTO others VALUES (3, 1), (4, 2);
    CREATE FUNCTION secret() RETURNS text LANGUAGE sql SET search_path = '' AS $$
      SELECT CASE current_user WHEN 'app_owner' THEN 'the secret' END $$;`,
};
/** Fails: there are duplicates. */
export const fails: SqlSource = {
  file: '003_unique.sql',
  sql: 'CREATE UNIQUE INDEX CONCURRENTLY items_grp ON items (grp)',
};

/** Two tables whose tenants see their own rows, and a function that everybody may call. */
export const app = (...migrations: SqlSource[]): Declaration =>
  declare({
    name: 'app',
    schemas: ['api'],
    roles: { anonymous: anon, users: [user] },
    migrations: [setUp, ...migrations],
    tables: [
      {
        name: 'items',
        grants: [{ to: user, select: true, insert: true, update: true, delete: true }],
        policies: [
          allRows({ to: user }),
          tenant({ to: user, name: 'items_tenant', column: 'tenant', claim: 'tenant', type: 'int', restrictive: true }),
        ],
      },
      {
        name: 'others',
        grants: [{ to: user, select: true }],
        policies: [ownRows({ to: user, column: 'tenant', claim: 'tenant', type: 'int' })],
      },
    ],
    functions: [{ name: 'secret', execute: [anon, user] }],
  });

/** What a new type of a policy's column takes. */
export const drops: SqlSource = {
  file: '002_type.sql',
  sql: 'DROP POLICY items_tenant ON items; ALTER TABLE items ALTER COLUMN tenant TYPE bigint',
};

/** A build that has to wait for other transactions. */
export const slow: SqlSource = {
  file: '003_slow.sql',
  sql: 'CREATE INDEX CONCURRENTLY items_slow ON items (title)',
};
