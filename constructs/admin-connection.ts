import type { Construct } from 'constructs';
import type { IPostgresDatabase } from './postgres-database.ts';

/** The command line options with which this package's commands connect to a database as its admin. */
export function adminConnection(scope: Construct, database: IPostgresDatabase): string[] {
  return [
    ['--host', database.host],
    ['--port', String(database.port)],
    ['--database', database.database],
    ['--user', database.adminUser],
    ['--password-file', database.adminPassword.relativeTo(scope)],
    ['--sslmode', database.sslmode],
    database.sslRootCertificate ? ['--ssl-root-certificate', database.sslRootCertificate.relativeTo(scope)] : [],
  ].flat();
}
