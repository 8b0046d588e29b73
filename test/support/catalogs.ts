import { accessState, type Row, type TestDatabase } from './database.ts';

/**
 * Everything that decides who may do what: roles with their attributes, settings and memberships, owners, grants, row
 * security, policies and functions. What PostgreSQL 15 has no word for is left out, so that versions can be compared.
 */
export async function catalogs(database: Pick<TestDatabase, 'sql'>): Promise<Row[]> {
  const roles = await database.sql(`
    SELECT rolname::text, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
      rolconnlimit, coalesce(rolvaliduntil, 'infinity')::text AS valid_until, rolconfig::text,
      ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = r.oid ORDER BY 1)::text AS member_of
    FROM pg_roles AS r WHERE rolname NOT LIKE 'pg\\_%' ORDER BY 1`);
  // MAINTAIN, of which an owner has the privilege from 17 on.
  const state = (await accessState(database)).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [key, String(value).replaceAll('arwdDxtm', 'arwdDxt')]),
    ),
  );
  return [...roles, ...state];
}
