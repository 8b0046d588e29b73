import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Container, HOST, type Place, SECRETS, startContainer } from './docker-container.ts';
import type { LocalConnection } from '../../servers/postgres-server.ts';
import { THROWAWAY_SETTINGS } from '../../servers/throwaway-settings.ts';
import { withClient } from '../../../postgres/with-client.ts';

/** Where servers in the same network find it. */
export const POSTGRES = { host: 'postgres', port: 5432 } as const;

/** A database that is always there. */
export const MAINTENANCE = 'postgres';

const USER = 999;
const DATA = '/var/lib/postgresql/data';
const SCRATCH = 'rw,noexec,nosuid,nodev';
const OWN = `${SCRATCH},uid=${USER},gid=${USER},mode=0700`;

export interface PostgresContainer {
  readonly server: Container['server'];
  /** How the superuser connects to a database, from this process. */
  connection(database: string): LocalConnection;
}

/** Postgres in a container, with its data in memory. The image sets it up as it does in a deployment. */
export async function startPostgresContainer(place: Place, image: string): Promise<PostgresContainer> {
  const password = randomBytes(24).toString('base64url');
  const connectionOn = (port: number, database: string) => ({ host: HOST, port, database, user: 'postgres', password });
  const { port, server } = await startContainer(
    {
      ...place,
      name: POSTGRES.host,
      image,
      command: [
        'postgres',
        ...Object.entries(THROWAWAY_SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      user: USER,
      memory: 2048,
      env: {
        PGDATA: DATA,
        POSTGRES_PASSWORD_FILE: `${SECRETS}/password`,
        POSTGRES_INITDB_ARGS: '--auth=scram-sha-256 --no-sync',
      },
      tmpfs: {
        // Up to 17 images have a volume here, and from 18 on above it; either would be on disk.
        [DATA]: `${OWN},size=1g`,
        '/var/lib/postgresql': `${OWN},size=1m`,
        '/var/run/postgresql': SCRATCH,
        '/tmp': SCRATCH,
      },
      secrets: { password },
      hidden: [password],
      innerPort: POSTGRES.port,
      startTimeoutMs: 60_000,
    },
    // While the image sets itself up, a server answers on its socket, but not here.
    (port) => canConnect(connectionOn(port, MAINTENANCE)),
  );
  return { server, connection: (database) => connectionOn(port, database) };
}

async function canConnect(connection: LocalConnection): Promise<boolean> {
  try {
    await withClient(connection, (client) => client.query('select 1'));
    return true;
  } catch {
    // It takes a second, in which each attempt would slow it down.
    await delay(30);
    return false;
  }
}
