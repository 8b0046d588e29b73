/** What is assumed, because no single machine can measure it. */
export const ASSUMED = {
  /** Share of the CPU time that requests use: the rest is for peaks, failures and deploys. */
  utilization: 0.6,
  /** Time between PostgREST and Postgres and back, in milliseconds. */
  roundTripMs: 0.5,
  /** CPU limit of a PostgREST pod: this package's default. */
  coresPerPod: 1,
  /** Cores of one machine for Postgres. */
  coresPerDatabase: 32,
  /** Connections for each one that is busy on average. */
  poolHeadroom: 2,
} as const;

/** Messages from PostgREST to Postgres in one request: BEGIN, settings, pre-request, query, COMMIT. */
export const ROUND_TRIPS = 5;

/** Measured input of the model. */
export interface MeasuredRequest {
  /** CPU time of a request, in microseconds. */
  readonly nginx: number;
  readonly postgrest: number;
  readonly postgres: number;
  /** Bytes between client and gateway, both ways. */
  readonly bytes: number;
}

/** Sizes for a rate of requests. */
export interface Sizes {
  readonly nginxCores: number;
  readonly postgrestCores: number;
  readonly postgresCores: number;
  readonly pods: number;
  /** Connections that are in use on average. */
  readonly busyConnections: number;
  readonly poolSize: number;
  /** All pods twice, as during a rolling update, each with its pool and the connection that listens. */
  readonly connections: number;
  readonly databases: number;
  readonly megabitsPerSecond: number;
}

/** Cores, pods, pool and connections for so many requests a second. */
export function sizesFor(requestsPerSecond: number, { nginx, postgrest, postgres, bytes }: MeasuredRequest): Sizes {
  const cores = (microseconds: number) => (requestsPerSecond * microseconds) / 1e6 / ASSUMED.utilization;
  const pods = Math.max(2, Math.ceil(cores(postgrest) / ASSUMED.coresPerPod));
  const heldMs = ROUND_TRIPS * ASSUMED.roundTripMs + postgres / 1000 / (1 - ASSUMED.utilization);
  const busyConnections = (requestsPerSecond * heldMs) / 1000;
  const poolSize = Math.max(2, Math.ceil((ASSUMED.poolHeadroom * busyConnections) / pods));
  return {
    nginxCores: cores(nginx),
    postgrestCores: cores(postgrest),
    postgresCores: cores(postgres),
    pods,
    busyConnections,
    poolSize,
    connections: pods * 2 * (poolSize + 1),
    databases: Math.ceil(cores(postgres) / ASSUMED.coresPerDatabase),
    megabitsPerSecond: (requestsPerSecond * bytes * 8) / 1e6,
  };
}
