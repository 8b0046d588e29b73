import type { DatabaseConnection } from '../../postgres/connect.ts';

/** A connection as a URL (documentation of libpq, "Connection URIs"), password included. */
export function databaseUrl(connection: DatabaseConnection): string {
  const { host, port = 5432, database, user, password, sslmode = 'disable', sslRootCertificate } = connection;
  const [name, secret, path] = [user, password, database].map(encodeURIComponent);
  const parameters = Object.entries({
    ...(sslmode !== 'disable' && { sslmode }),
    ...(sslRootCertificate !== undefined && { sslrootcert: sslRootCertificate }),
  }).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  const address = host.includes(':') ? `[${host}]` : host;
  return `postgresql://${name}:${secret}@${address}:${port}/${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
}
