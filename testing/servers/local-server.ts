import { readFileSync } from 'node:fs';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import { serverSettings } from '../../compile/server/settings.ts';
import type { ServerOptions } from '../backends/backend.ts';
import { databaseUrl } from './database-url.ts';
import { postgrestBinary, type NamedPostgrest } from './postgrest-binary.ts';
import { startPostgrest, type RunningPostgrest } from './postgrest-server.ts';
import { createServerDirectory } from './server-directory.ts';
import { serverUser } from './server-user.ts';

/**
 * Starts PostgREST as a child process on a database; `admin` says where that is. Where this process is root, PostgREST runs
 * as a user of its own.
 *
 * @param sessions settings of its sessions with Postgres
 * @param postgrest program that the user names
 */
export async function startLocalServer(
  admin: DatabaseConnection,
  { declaration, password, keySet, port, databaseReady, signal }: ServerOptions,
  { postgrest, sessions = {} }: { postgrest: NamedPostgrest | undefined; sessions?: Readonly<Record<string, string>> },
): Promise<RunningPostgrest> {
  const user = serverUser();
  const { version } = await postgrestBinary(user, postgrest);
  const directory = createServerDirectory({ user });
  const { sslRootCertificate } = admin;
  const authenticator = {
    ...admin,
    user: declaration.authenticator,
    password,
    ...(sslRootCertificate !== undefined && {
      sslRootCertificate: directory.writeServerSecret('root.crt', readFileSync(sslRootCertificate, 'utf8')),
    }),
  };
  const settings = serverSettings(declaration, {
    databaseUri: `@${directory.writeServerSecret('database-uri', databaseUrl(authenticator))}`,
    jwtSecret: `@${directory.writeServerSecret('jwks.json', JSON.stringify(keySet))}`,
    // `startPostgrest` puts the ports it finds in their place.
    port: 3000,
    adminPort: 3001,
    version,
  });
  const options = Object.entries(sessions).map(([name, value]) => `-c ${name}=${value}`);
  return startPostgrest({
    env: { ...settings, ...(options.length > 0 && { PGOPTIONS: options.join(' ') }) },
    port,
    databaseReady,
    signal,
    directory,
    binary: postgrest?.path,
  });
}
