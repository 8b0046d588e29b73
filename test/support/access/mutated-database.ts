import type pg from 'pg';
import { declare, type DeclarationInput } from '../../../declaration/index.ts';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import type { LocalConnection, PostgresServer } from '../../../testing/servers/postgres-server.ts';

/** Makes a database from a declaration. */
export async function declaredDatabase(postgres: PostgresServer, input: DeclarationInput): Promise<LocalConnection> {
  const name = `declared_${input.name}`;
  await postgres.createDatabase(name);
  const connection = postgres.connection(name);
  const declaration = declare(input);
  await withClient(connection, (client) => createRoles(client, declaration, { authenticator: 'made here' }));
  await applyDeclaration(connection, declaration);
  // Rows that requests add are numbered after those that are filled in.
  const { rows } = await withClient(connection, (client) =>
    client.query<{ sequence: string }>(
      `SELECT c.oid::regclass::text AS sequence FROM pg_class AS c WHERE c.relkind = 'S'`,
    ),
  );
  await withClient(connection, (client) =>
    client.query(rows.map(({ sequence }) => `ALTER SEQUENCE ${sequence} RESTART 1000;`).join('')),
  );
  return connection;
}

/**
 * What decides on access, as Postgres answers it: policies, flags, owners, bodies, and the privileges that each role has in
 * effect. A mutant that leaves it as it was is equivalent: a grant of what the role already had.
 */
export async function effectiveAccess(client: pg.ClientBase, roles: readonly string[]): Promise<string> {
  const { rows } = await client.query<{ text: string }>(
    `SELECT jsonb_build_array(
      (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.schemaname, p.tablename, p.policyname) FROM pg_policies AS p),
      (SELECT jsonb_agg(jsonb_build_array(c.oid, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
          has_table_privilege(r.oid, c.oid, 'DELETE'),
          (SELECT jsonb_agg(jsonb_build_array(a.attname, has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT'),
            has_column_privilege(r.oid, c.oid, a.attnum, 'INSERT'), has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE')) ORDER BY a.attnum)
          FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0)) ORDER BY c.oid, r.rolname)
        FROM pg_class AS c, pg_roles AS r WHERE c.relkind IN ('r', 'v', 'p') AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)' AND r.rolname = ANY ($1)),
      (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.oid) FROM pg_proc AS p WHERE p.pronamespace::regnamespace::text !~ '^(pg_|information_schema)' AND p.proname NOT LIKE 'check\\_%'))::text AS text`,
    [roles],
  );
  return rows[0]!.text;
}
