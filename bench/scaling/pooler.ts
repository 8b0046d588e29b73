import { startPgBouncer } from '../../test/support/pgbouncer.ts';
import { generateKey } from '../../tokens/index.ts';
import type { Figures } from '../report.ts';
import { addCosts } from './cost.ts';
import { ONE_ROW_PATH } from './requests.ts';
import { tokenOf, type ScalingServers } from './servers.ts';

export const WITHOUT_POOLER = 'directly to Postgres';
export const WITH_POOLER = 'through PgBouncer in session mode';

/** The same request with PgBouncer in session mode between PostgREST and Postgres. */
export async function benchPooler(figures: Figures, servers: ScalingServers): Promise<void> {
  const pooler = await startPgBouncer([servers.login], { pool_mode: 'session', default_pool_size: 50 });
  try {
    const key = await generateKey('ES256');
    const token = await tokenOf(key);
    const direct = await servers.serve({ key });
    const pooled = await servers.serve({ key, databasePort: pooler.port });
    await addCosts(figures, [
      { name: WITHOUT_POOLER, url: direct.url + ONE_ROW_PATH, orders: { token } },
      { name: WITH_POOLER, floor: WITHOUT_POOLER, url: pooled.url + ONE_ROW_PATH, orders: { token } },
    ]);
    await Promise.all([direct.stop(), pooled.stop()]);
  } finally {
    await pooler.stop();
  }
}
