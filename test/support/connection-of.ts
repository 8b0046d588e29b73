import type { DatabaseConnection } from '../../apply/index.ts';

/** The parts of a database's address. */
export function connectionOf(databaseUrl: string): DatabaseConnection {
  const { hostname, port, pathname, username, password } = new URL(databaseUrl);
  return {
    host: hostname,
    port: Number(port),
    database: decodeURIComponent(pathname.slice(1)),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}
