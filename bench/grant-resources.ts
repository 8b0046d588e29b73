import { tableName } from './tables.ts';

/** Terraform's JSON for the plain way: one `postgresql_grant` for each table and role, on tables that are there. */
export function grantResources(
  tables: number,
  { port, database, passwordFile, version }: { port: number; database: string; passwordFile: string; version: string },
): object {
  const roles = { bench_reader: ['SELECT'], bench_writer: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] };
  const grants = Array.from({ length: tables }, (_, n) =>
    Object.entries(roles).map(([role, privileges]) => [
      `${tableName(n)}_${role}`,
      { database, schema: 'api', object_type: 'table', objects: [tableName(n)], role, privileges },
    ]),
  ).flat();
  return {
    terraform: { required_providers: { postgresql: { source: 'cyrilgdn/postgresql', version } } },
    provider: {
      postgresql: {
        host: '127.0.0.1',
        port,
        database,
        username: 'postgres',
        password: `\${chomp(file(${JSON.stringify(passwordFile)}))}`,
        sslmode: 'disable',
      },
    },
    resource: { postgresql_grant: Object.fromEntries(grants) as object },
  };
}
