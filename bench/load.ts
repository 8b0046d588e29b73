// A process of its own that asks as fast as it is answered; the variable LOAD holds the orders as JSON.
import { Agent, get } from 'node:http';
import { performance } from 'node:perf_hooks';
import { quantile } from './statistics.ts';

/** Result of one run of the load. */
export interface Load {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  /** Milliseconds. */
  readonly p99: number;
}

export interface LoadOrders {
  readonly urls: readonly string[];
  readonly token: string;
  readonly connections: number;
  readonly milliseconds: number;
}

const { urls, token, connections, milliseconds } = JSON.parse(process.env['LOAD']!) as LoadOrders;
const agent = new Agent({ keepAlive: true, maxSockets: connections });

function ask(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { Authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}`)),
      );
    });
    request.on('error', reject);
  });
}

const start = performance.now();
const end = start + milliseconds;
const latencies: number[] = [];
await Promise.all(
  Array.from({ length: connections }, async (_, n) => {
    while (performance.now() < end) {
      const sent = performance.now();
      await ask(urls[n % urls.length]!);
      latencies.push(performance.now() - sent);
    }
  }),
);
const seconds = (performance.now() - start) / 1000;
agent.destroy();
latencies.sort((a, b) => a - b);
const load: Load = {
  requestsPerSecond: latencies.length / seconds,
  p50: quantile(latencies, 0.5),
  p99: quantile(latencies, 0.99),
};
console.log(JSON.stringify(load));
