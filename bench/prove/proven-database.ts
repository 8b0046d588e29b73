import type { Declaration } from '../../declaration/types.ts';
import type { LocalConnection } from '../../testing/servers/postgres-server.ts';

/** A database whose access is proven. */
export interface ProvenDatabase {
  readonly name: string;
  /** @default none: properties derive from the database itself */
  readonly declaration?: Declaration;
  /** Starts the database, works with it as a superuser, and ends it. */
  run<T>(work: (connection: LocalConnection) => Promise<T>): Promise<T>;
}
