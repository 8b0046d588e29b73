import { prepareApply } from '../../apply/prepare-apply.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { Backend } from './backend.ts';
import { clusterKey } from '../servers/cluster.ts';
import { startLocalServer } from '../servers/local-server.ts';
import { postgresBinaries } from '../servers/postgres-binaries.ts';
import type { NamedPostgrest } from '../servers/postgrest-binary.ts';
import { startPostgres } from '../servers/postgres-server.ts';
import { openTranscript, type CachedTranscript } from '../cache/transcript-cache.ts';

/** PostgREST first reads its schemas, with queries that take longer to plan than to run. */
const PLAN_LESS = { join_collapse_limit: '4', from_collapse_limit: '4' };

const SUPERUSER = 'postgres';

/** Postgres and PostgREST as child processes, from npm's packages or, for PostgREST, the program that is named. */
export async function startEmbeddedBackend(
  declaration: Declaration,
  postgrest: NamedPostgrest | undefined,
): Promise<Backend> {
  const emptyDatabase = `${declaration.name}_snapshot`;
  const [postgres, transcript] = await Promise.all([
    startPostgres({ superuser: SUPERUSER, databases: [emptyDatabase] }),
    readTranscript(declaration),
  ]);
  return {
    emptyDatabase,
    transcript,
    connection: (database) => postgres.connection(database),
    maintenanceDatabase: 'postgres',
    // Its two checkpoints cost nothing without fsync.
    strategy: 'file_copy',
    startServer: (options) =>
      startLocalServer(postgres.connection(options.database), options, { postgrest, sessions: PLAN_LESS }),
    died: postgres.died,
    logs: () => postgres.logs(),
    stop: () => postgres.stop(),
  };
}

async function readTranscript(declaration: Declaration): Promise<CachedTranscript> {
  const binaries = await postgresBinaries();
  const transcript = await openTranscript(declaration, clusterKey({ binaries, superuser: SUPERUSER }));
  if (!transcript.messages) await prepareApply(declaration);
  return transcript;
}
