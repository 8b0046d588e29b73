import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Load, LoadOrders } from './load.ts';

const CONNECTIONS = 16;
const ROUNDS = 3;
const ROUND_MS = 2000;

/** Asks from a process of its own, as fast as it is answered. */
export function runLoad(orders: LoadOrders): Promise<Load> {
  return new Promise((resolve, reject) => {
    const program = fileURLToPath(new URL('load.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(JSON.stringify(orders));
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(JSON.parse(output) as Load) : reject(new Error(`the load ended with status ${status}`)),
    );
  });
}

/** Loads variants in turn, round after round, so that whatever else the machine does meets all of them. */
export async function loadsInRounds<Variant extends { readonly urls: readonly string[] }>(
  variants: readonly Variant[],
  token: string,
  prepare: (variant: Variant) => Promise<void> = () => Promise.resolve(),
): Promise<Map<Variant, Load[]>> {
  return inRounds(variants, async (variant) => {
    await prepare(variant);
    return runLoad({ urls: variant.urls, token, connections: CONNECTIONS, milliseconds: ROUND_MS });
  });
}

/** Runs each variant once a round. */
export async function inRounds<Variant>(
  variants: readonly Variant[],
  run: (variant: Variant) => Promise<Load>,
): Promise<Map<Variant, Load[]>> {
  const loads = new Map<Variant, Load[]>(variants.map((variant) => [variant, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const variant of variants) loads.get(variant)!.push(await run(variant));
  }
  return loads;
}
