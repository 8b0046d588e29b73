import type { Declaration } from '../declaration/types.ts';
import type { Backend } from './backend.ts';
import { startLocalServer } from './local-server.ts';
import { startPostgres } from './postgres-server.ts';

/** PostgREST first asks for its schemas, in queries that take longer to plan than to run. */
const PLAN_LESS = { join_collapse_limit: '4', from_collapse_limit: '4' };

/** Postgres and PostgREST as child processes, from npm's packages. */
export async function startEmbeddedBackend({ name }: Declaration): Promise<Backend> {
  const emptyDatabase = `${name}_snapshot`;
  const postgres = await startPostgres({ databases: [emptyDatabase] });
  return {
    emptyDatabase,
    connection: (database) => postgres.connection(database),
    maintenanceDatabase: 'postgres',
    // Its two checkpoints cost nothing where nothing is synced.
    strategy: 'file_copy',
    startServer: (options) => startLocalServer(postgres.connection(options.database), options, PLAN_LESS),
    logs: () => postgres.logs(),
    stop: () => postgres.stop(),
  };
}
