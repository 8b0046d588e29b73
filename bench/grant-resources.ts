import { tableName } from './tables.ts';

export interface GrantResourcesOptions {
  readonly port: number;
  readonly database: string;
  readonly passwordFile: string;
  readonly sslRootCertificate: string;
  /** The postgresql provider's. */
  readonly version: string;
}

/** Terraform's JSON for the plain way: one `postgresql_grant` for each table and role, on tables that are there. */
export function grantResources(
  tables: number,
  { port, database, passwordFile, sslRootCertificate, version }: GrantResourcesOptions,
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
        sslmode: 'verify-full',
        sslrootcert: sslRootCertificate,
      },
    },
    resource: { postgresql_grant: Object.fromEntries(grants) as object },
  };
}
