import { randomBytes } from 'node:crypto';
import type { Backend } from '../backend.ts';
import { docker } from './docker-command.ts';
import { POSTGRES_IMAGE, postgrestImage } from '../../../compile/images.ts';
import { MAINTENANCE, startPostgresContainer } from './docker-postgres.ts';
import { startPostgrestContainer } from './docker-postgrest.ts';
import { LABEL, ownerLabel, removalOf, removeAbandonedContainers } from './docker-remains.ts';
import { undoAfterDeath } from '../../servers/reaper.ts';

export interface DockerBackendOptions {
  /** @default that of a deploy: `postgres:<the newest version in docs/versions.md>` */
  readonly postgresImage?: string | undefined;
  /** @default `postgrest/postgrest:v<the declared version>`, the deployment's */
  readonly postgrestImage?: string | undefined;
}

/**
 * Postgres and PostgREST in containers of the deployment's images, as hardened as there, on an engine of this machine.
 *
 * Throws `engine_failed`, with docker's own words, if there is no engine or no such image, and `start_failed`, with the
 * end of its log, if Postgres does not start.
 */
export async function startDockerBackend(options: DockerBackendOptions = {}): Promise<Backend> {
  const id = randomBytes(6).toString('hex');
  const stopping = new AbortController();
  const place = {
    network: `secured-postgrest-${id}`,
    label: `${LABEL}=${id}`,
    stopping: stopping.signal,
  };
  const withdraw = undoAfterDeath(removalOf(place.label));
  const servers: Promise<Stoppable>[] = [];
  const end = async () => {
    stopping.abort();
    await Promise.all(servers.map(stopOnceStarted));
    await docker(['network', 'rm', place.network]);
    await withdraw();
  };
  try {
    await docker(['network', 'create', `--label=${place.label}`, `--label=${ownerLabel()}`, place.network]);
    swept ??= removeAbandonedContainers().catch(() => {});
    const postgres = await startPostgresContainer(place, options.postgresImage ?? POSTGRES_IMAGE);
    servers.push(Promise.resolve(postgres.server));
    let stopped: Promise<void> | undefined;
    return {
      connection: (database) => postgres.connection(database),
      maintenanceDatabase: MAINTENANCE,
      startServer: (server) => {
        const image = options.postgrestImage ?? postgrestImage(server.declaration);
        const name = `api-${servers.length}`;
        const start = () => startPostgrestContainer(place, name, image, server);
        const starting = Promise.resolve(server.databaseReady).then(start);
        servers.push(starting);
        return starting;
      },
      logs: () => postgres.server.logs(),
      stop: () => (stopped ??= end()),
    };
  } catch (error) {
    await end().catch(withdraw);
    throw error;
  }
}

/** Once a process is enough: its own containers it removes itself. */
let swept: Promise<void> | undefined;

interface Stoppable {
  stop(): Promise<void>;
}

/** One that fails to start has removed itself. */
function stopOnceStarted(starting: Promise<Stoppable>): Promise<void> {
  return starting.then(
    (server) => server.stop(),
    () => {},
  );
}
