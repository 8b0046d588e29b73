import { existsSync } from 'node:fs';
import { postgrestBinary } from '../testing/servers/postgrest-binary.ts';
import { postgrestPrograms } from '../test/support/postgrest-programs.ts';
import type { Figures, Outcome } from './report.ts';
import { benchCatalog } from './scaling/catalog.ts';
import { benchConnections } from './scaling/connections.ts';
import { benchDoor } from './scaling/gateway.ts';
import { benchMix } from './scaling/mix.ts';
import { benchPool } from './scaling/pool.ts';
import { benchPooler } from './scaling/pooler.ts';
import { benchKinds } from './scaling/requests.ts';
import { ScalingServers } from './scaling/servers.ts';
import { benchTokens } from './scaling/tokens.ts';

/** CPU time of a request by its parts, memory, connections and catalogs: the input of `docs/scaling.md`. */
export async function benchScaling(figures: Figures): Promise<Outcome> {
  const { nginxObstacle } = await import('../test/support/nginx.ts');
  const { skipPgBouncer } = await import('../test/support/pgbouncer.ts');
  if (nginxObstacle !== undefined) return { targets: [], skipped: nginxObstacle };
  if (skipPgBouncer) return { targets: [], skipped: 'PgBouncer is not on the PATH' };
  const { version } = await postgrestBinary();
  const newer = [];
  for (const { path } of postgrestPrograms().filter(({ path }) => existsSync(path))) {
    newer.push({ binary: path, version: (await postgrestBinary(undefined, { path, place: 'PATH' })).version });
  }
  const parts = [
    benchKinds,
    benchDoor,
    (figures: Figures, servers: ScalingServers) => benchTokens(figures, servers, { version }),
    ...newer.map((program) => (figures: Figures, servers: ScalingServers) => benchTokens(figures, servers, program)),
    benchPooler,
    benchConnections,
    benchPool,
    benchMix,
    benchCatalog,
  ];
  for (const part of parts) {
    // What one part leaves behind, such as rows and sessions, would be measured with the next.
    await using servers = await ScalingServers.start();
    await part(figures, servers);
  }
  return { targets: [] };
}
