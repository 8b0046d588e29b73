import type { DatabaseConnection } from '../../postgres/connect.ts';

/** The connection that a URL of an environment's database stands for. */
export function connectionOf(databaseUrl: string): DatabaseConnection {
  const { hostname: host, port, username, password, pathname } = new URL(databaseUrl);
  const [user, secret, database] = [username, password, pathname.slice(1)].map(decodeURIComponent);
  return { host, port: Number(port), database: database!, user: user!, password: secret! };
}
