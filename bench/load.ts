// A process of its own that asks as fast as it is answered; its input holds the orders as JSON.
import { Agent, request as httpRequest, type ClientRequest } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { processorTimes, secondsBetween, type ProcessorSeconds } from './scaling/processor-time.ts';
import { quantile } from './statistics.ts';

/** Result of one run of the load. */
export interface Load {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  /** Milliseconds. */
  readonly p99: number;
  /** CPU time of the servers below the process that started the load. */
  readonly processorSeconds: ProcessorSeconds;
  /** CPU time of the load itself. */
  readonly clientSeconds: number;
  readonly seconds: number;
  /** Bytes that the client sent and received, headers included, TLS not: the mean of a request. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export interface LoadOrders {
  readonly urls: readonly string[];
  readonly connections: number;
  readonly milliseconds: number;
  /** It ends earlier after so many requests. @default no limit */
  readonly requests?: number;
  /** @default requests without a token */
  readonly token?: string;
  /** Each request sends the next one. @default `token` */
  readonly tokens?: readonly string[];
  /** JSON to POST. @default a GET without a body */
  readonly body?: string;
  /** Each request takes the next of these. @default `urls` and `body` */
  readonly mix?: readonly { readonly url: string; readonly body?: string }[];
  /** True if each request opens a connection, with a whole TLS handshake. @default false */
  readonly newConnections?: boolean;
  /** Requests before the measurement begins. @default 0 */
  readonly warmUp?: number;
}

const orders = JSON.parse(await text(process.stdin)) as LoadOrders;
const { urls, token, connections, milliseconds, requests = Infinity, body, warmUp = 0 } = orders;
const tokens = orders.tokens ?? [token];
const { mix } = orders;
const isTls = urls[0]!.startsWith('https:');
const agentOptions = { keepAlive: orders.newConnections !== true, maxSockets: connections };
const agent = isTls
  ? // The certificate is the benchmark's own.
    new TlsAgent({ ...agentOptions, rejectUnauthorized: false, maxCachedSessions: 0 })
  : new Agent(agentOptions);
const sockets = new Set<Socket>();

function ask(url: string, body: string | undefined, presented: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(presented !== undefined && { Authorization: `Bearer ${presented}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json', Prefer: 'return=minimal' }),
    };
    const options = { agent, headers, method: body === undefined ? 'GET' : 'POST' };
    const request: ClientRequest = (isTls ? httpsRequest : httpRequest)(url, options, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      response.on('end', () =>
        statusCode >= 200 && statusCode < 300 ? resolve() : reject(new Error(`${url} answered ${statusCode}`)),
      );
    });
    request.on('socket', (socket) => sockets.add(socket));
    request.on('error', reject);
    request.end(body);
  });
}

/** Asks until so many requests have begun or the time is over; returns the latencies in milliseconds. */
async function askUntil(count: number, end: number): Promise<number[]> {
  const latencies: number[] = [];
  let begun = 0;
  await Promise.all(
    Array.from({ length: connections }, async (_, n) => {
      while (begun < count && performance.now() < end) {
        const presented = tokens[begun % tokens.length];
        const { url, body: sentBody } = mix?.[begun % mix.length] ?? { url: urls[n % urls.length]!, body };
        begun++;
        const sent = performance.now();
        await ask(url, sentBody, presented);
        latencies.push(performance.now() - sent);
      }
    }),
  );
  return latencies;
}

const bytes = () =>
  [...sockets].reduce(
    ({ sent, received }, { bytesWritten, bytesRead }) => ({
      sent: sent + bytesWritten,
      received: received + bytesRead,
    }),
    { sent: 0, received: 0 },
  );

await askUntil(warmUp, performance.now() + milliseconds);
const before = processorTimes(process.ppid);
const bytesBefore = bytes();
const clientBefore = process.cpuUsage();
const start = performance.now();
const latencies = await askUntil(requests, start + milliseconds);
const seconds = (performance.now() - start) / 1000;
const client = process.cpuUsage(clientBefore);
const processorSeconds = secondsBetween(before, processorTimes(process.ppid));
const bytesAfter = bytes();
agent.destroy();
latencies.sort((a, b) => a - b);
const load: Load = {
  requests: latencies.length,
  requestsPerSecond: latencies.length / seconds,
  p50: quantile(latencies, 0.5),
  p99: quantile(latencies, 0.99),
  processorSeconds,
  clientSeconds: (client.user + client.system) / 1e6,
  seconds,
  bytesSent: (bytesAfter.sent - bytesBefore.sent) / latencies.length,
  bytesReceived: (bytesAfter.received - bytesBefore.received) / latencies.length,
};
console.log(JSON.stringify(load));
