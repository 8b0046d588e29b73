import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Load, LoadOrders } from './load.ts';

const CONNECTIONS = 16;

/** Asks from a process of its own, as fast as it is answered. */
export function runLoad(orders: Omit<LoadOrders, 'connections'>): Promise<Load> {
  return new Promise((resolve, reject) => {
    const program = fileURLToPath(new URL('load.ts', import.meta.url));
    const whole: LoadOrders = { ...orders, connections: CONNECTIONS };
    const child = spawn(process.execPath, ['--import', 'tsx', program], {
      env: { ...process.env, LOAD: JSON.stringify(whole) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(JSON.parse(output) as Load) : reject(new Error(`the load ended with status ${status}`)),
    );
  });
}
