import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RefreshOrders } from './refresh-load.ts';
import type { Figures, Outcome } from './report.ts';
import { summarize } from './statistics.ts';

const CHAINS = 16;
const ROUNDS = 4;
const ROUND_MS = 3000;
const AT_LEAST = 300;
const NAME = `refreshes, ${CHAINS} at a time`;

/** Refreshes a second of one token service with ES256; Postgres and whoever asks are on the same machine. */
export async function benchRefresh(figures: Figures): Promise<Outcome> {
  // Loaded here alone: the library warns of Node.js 20.
  const { signIn, startTokenService } = await import('../test/support/token-service.ts');
  const running = await startTokenService('bench');
  try {
    const refreshTokens: string[] = [];
    for (let n = 0; n < CHAINS; n++) refreshTokens.push((await signIn(running.client)).refresh_token);
    const tokenEndpoint = `${running.service.issuer}/token`;
    const orders: RefreshOrders = { tokenEndpoint, refreshTokens, rounds: ROUNDS, milliseconds: ROUND_MS };
    const load = fileURLToPath(new URL('refresh-load.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', load], {
      env: { ...process.env, LOAD: JSON.stringify(orders) },
    });
    figures.add(NAME, summarize(JSON.parse(stdout) as number[]), { unit: 'requests/s' });
  } finally {
    await running.stop();
  }
  const value = 1000 / figures.of(NAME).median;
  return { targets: [{ name: `one refresh, at ${AT_LEAST} a second`, value, limit: 1000 / AT_LEAST, unit: 'ms' }] };
}
