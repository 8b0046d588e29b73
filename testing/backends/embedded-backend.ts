import { prepareApply } from '../../apply/prepare-apply.ts';
import { isRepeatable } from '../../apply/repeatable/is-repeatable.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { Backend } from './backend.ts';
import { clusterKey } from '../servers/cluster.ts';
import { startLocalServer } from '../servers/local-server.ts';
import { postgresBinaries } from '../servers/postgres-binaries.ts';
import type { NamedPostgrest } from '../servers/postgrest-binary.ts';
import { startDeclaredPostgres } from '../servers/postgres-server.ts';
import { openTranscript } from '../cache/transcript-cache.ts';

/** PostgREST first reads its schemas, with queries that take longer to plan than to run. */
const PLAN_LESS = { join_collapse_limit: '4', from_collapse_limit: '4' };

const SUPERUSER = 'postgres';

/** Postgres and PostgREST as child processes, from npm's packages or, for PostgREST, the program that is named. */
export async function startEmbeddedBackend(
  declaration: Declaration,
  postgrest: NamedPostgrest | undefined,
): Promise<Backend> {
  const name = `${declaration.name}_snapshot`;
  const cached = await openTranscript(
    declaration,
    clusterKey({ binaries: await postgresBinaries(), superuser: SUPERUSER }),
  );
  const { transcript } = cached;
  const repeatable = transcript ? Promise.resolve(transcript.isRepeatable) : prepareFirst(declaration);
  const server = await startDeclaredPostgres({ superuser: SUPERUSER, databases: [name] }, cached.key);
  const { postgres, session } = server;
  return {
    firstDatabase: {
      name,
      session,
      cached,
      isRepeatable: repeatable,
      keepDeclared: () => server.keepDeclared(),
    },
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

/** Prepares the first run with a declaration, and tests if a later one would make the same. */
async function prepareFirst(declaration: Declaration): Promise<boolean> {
  await prepareApply(declaration);
  // The run itself reports errors.
  return isRepeatable(declaration).catch(() => false);
}
