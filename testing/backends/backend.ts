import type { Declaration, JsonWebKeySet } from '../../declaration/types.ts';
import type { LocalConnection } from '../servers/postgres-server.ts';
import type { RunningPostgrest } from '../servers/postgrest-server.ts';
import type { CachedTranscript } from '../cache/transcript-cache.ts';

/** Where the servers of an environment run. */
export interface Backend {
  /** How this process reaches a database as the admin. */
  connection(database: string): LocalConnection;
  /** A database that is always there, for making and dropping others. */
  readonly maintenanceDatabase: string;
  /** An empty one that is there already, where its name is the first that would be made. @default there is none */
  readonly emptyDatabase?: string;
  /** Transcript of a run on the empty database. @default every run plans its own statements */
  readonly transcript?: CachedTranscript;
  /** How databases are copied (documentation of CREATE DATABASE). @default Postgres' own choice */
  readonly strategy?: 'file_copy' | 'wal_log';
  /** Begins the names of all databases. @default the declaration's name */
  readonly databasePrefix?: string;
  /** The authenticator's password. @default a new one */
  readonly password?: (authenticator: string) => string;
  /**
   * Makes the roles, and then runs what depends on them.
   * @default as on a server that nobody else uses
   */
  readonly createRoles?: <T>(declaration: Declaration, password: string, then: () => Promise<T>) => Promise<T>;
  /** Starts PostgREST on a database and waits until it serves. */
  startServer(options: ServerOptions): Promise<RunningPostgrest>;
  /** Resolves with how Postgres ended, unless it was stopped. @default not known */
  readonly died?: Promise<string>;
  /** Output of Postgres, without secrets. */
  logs(): string;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly declaration: Declaration;
  readonly database: string;
  /** Password of the authenticator. */
  readonly password: string;
  readonly keySet: JsonWebKeySet;
  /** On 127.0.0.1. @default a free one */
  readonly port?: number | undefined;
}
