import type { Figures } from '../report.ts';
import { generateKey } from '../../tokens/index.ts';
import type { SigningAlgorithm } from '../../index.ts';
import { addCosts, type Cost } from './cost.ts';
import { ROW_ID } from './declaration.ts';
import { tokenOf, type ScalingServers } from './servers.ts';

export const ALGORITHMS: readonly SigningAlgorithm[] = ['HS256', 'ES256', 'RS256', 'EdDSA'];
export const SIZES = [10, 100, 1000, 4000] as const;
export const NO_TOKEN = (version: string) => `PostgREST ${version}: no token`;
export const VERIFIED = (version: string, algorithm: string, isCached: boolean) =>
  `PostgREST ${version}: ${algorithm}, cache ${isCached ? 'on' : 'off'}`;
export const SIZED = (bytes: number) => `ES256, ${bytes} more bytes in a claim`;

/** Verification of a token by algorithm, with PostgREST's cache and without, of one version of PostgREST. */
export async function benchTokens(
  figures: Figures,
  servers: ScalingServers,
  { version, binary }: { version: string; binary?: string },
): Promise<void> {
  const path = `/open?id=eq.${ROW_ID}&select=id,title`;
  const costs: Cost[] = [];
  const running: { stop(): Promise<void> }[] = [];
  for (const algorithm of ALGORITHMS) {
    const key = await generateKey(algorithm);
    const token = await tokenOf(key);
    for (const cache of [false, true]) {
      const server = await servers.serve({
        key,
        preRequest: false,
        cache,
        poolSize: 4,
        ...(binary !== undefined && { binary }),
      });
      running.push(server);
      const url = server.url + path;
      if (costs.length === 0) costs.push({ name: NO_TOKEN(version), url });
      costs.push({ name: VERIFIED(version, algorithm, cache), floor: NO_TOKEN(version), url, orders: { token } });
      if (algorithm === 'ES256' && !cache && binary === undefined) {
        for (const size of SIZES) {
          const sized = await tokenOf(key, size);
          costs.push({ name: SIZED(size), floor: NO_TOKEN(version), url, orders: { token: sized } });
        }
      }
    }
  }
  await addCosts(figures, costs);
  await Promise.all(running.map((server) => server.stop()));
}
