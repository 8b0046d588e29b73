import { refuse } from '../../errors/secured-postgrest-error.ts';

/** Sizes that a server's memory follows from, in megabytes. */
export interface PostgresSizes {
  readonly sharedBuffers: number;
  /** Size of `/dev/shm`. */
  readonly shared: number;
  /** Limit of what one session's process may allocate. */
  readonly session: number;
}

/** Sessions beside those of servers: autovacuum, a deploy, an admin. */
const OTHER_SESSIONS = 4;
/** Stack, page tables and buffers of the kernel for one process. */
const PROCESS = 8;
/** Shared memory beside the buffers, the postmaster, background processes. */
const SERVER = 128;
/** Connections of one server with the default pool: room for an API of another app. */
const ONE_SERVER = 11;
/** PostgreSQL's default `max_connections` without `superuser_reserved_connections`. */
export const MAX_CONNECTIONS = 97;

/**
 * The memory that a server may take when each session allocates all that it may, in megabytes. A container with less is one in
 * which a few requests get a session killed, and Postgres then ends every session.
 */
export function postgresMemory({ sharedBuffers, shared, session }: PostgresSizes, connections: number): number {
  return SERVER + sharedBuffers + shared + (connections + OTHER_SESSIONS) * (session + PROCESS);
}

/** The connections that servers and services will open to one database, and whether its memory is enough for them. */
export class ReservedConnections {
  private count = 0;
  private readonly place: string;
  private readonly sizes: PostgresSizes;
  private readonly memory: number | undefined;

  /** @param memory the declared limit of the container, in megabytes; undefined where it follows from the connections */
  constructor(place: string, sizes: PostgresSizes, memory: number | undefined) {
    this.place = place;
    this.sizes = sizes;
    this.memory = memory;
    this.check();
  }

  get memoryMegabytes(): number {
    return this.memory ?? postgresMemory(this.sizes, this.count || ONE_SERVER);
  }

  /** @throws SecuredPostgrestError `invalid_prop` when there are too many, or too little memory for them */
  reserve(place: string, connections: number): void {
    this.count += connections;
    if (this.count > MAX_CONNECTIONS) {
      refuse(
        'invalid_prop',
        place,
        `with these ${connections} connections there are ${this.count}, more than the database's ${MAX_CONNECTIONS}`,
        'lower `servers` or the declared `server.poolSize`',
      );
    }
    this.check();
  }

  private check(): void {
    const needed = postgresMemory(this.sizes, this.count);
    if (this.memory === undefined || this.memory >= needed) return;
    refuse(
      'invalid_prop',
      `${this.place}.memory`,
      `${this.memory} MB are too little: ${this.count} connections of servers with ${this.sizes.session} MB each need ${needed} MB`,
      'leave `memory` out, raise it, or lower `servers` or the declared `server.poolSize`',
    );
  }
}
