import type pg from 'pg';
import type { Declaration, JsonWebKeySet } from '../../declaration/types.ts';
import type { DecryptionKey } from '../../tokens/index.ts';
import type { LocalConnection } from '../servers/postgres-server.ts';
import type { RunningPostgrest } from '../servers/postgrest-server.ts';
import type { CachedTranscript } from '../cache/transcript-cache.ts';

/** Database of a new server, with the name of the first one that would be created. */
export interface FirstDatabase {
  readonly name: string;
  /**
   * Open session of the admin, if the database has the objects of the declaration, but not the passwords of this server; otherwise it
   * is empty. Whoever takes it ends it.
   */
  readonly session: pg.Client | undefined;
  /** Transcript of a run on the empty database. */
  readonly cached: CachedTranscript;
  /** True if a later run would make the same objects. */
  readonly isRepeatable: Promise<boolean>;
  /** Has the cache keep the objects that there are now, so that a later one has them. Nobody can sign in until it resolves. */
  keepDeclared(): Promise<void>;
}

/** Place where the servers of an environment run. */
export interface Backend {
  /** Connection of this process to a database, as the admin. */
  connection(database: string): LocalConnection;
  /** Existing database from which others are created and dropped. */
  readonly maintenanceDatabase: string;
  /** Existing database that is used first. @default none */
  readonly firstDatabase?: FirstDatabase;
  /** Strategy to copy databases (documentation of CREATE DATABASE). @default Postgres' own choice */
  readonly strategy?: 'file_copy' | 'wal_log';
  /** Prefix of the names of all databases. @default the declaration's name */
  readonly databasePrefix?: string;
  /** The authenticator's password. @default a new one */
  readonly password?: (authenticator: string) => string;
  /**
   * Creates the roles, then runs a function that depends on them.
   * @default as on a server without other users
   */
  readonly createRoles?: <T>(declaration: Declaration, password: string, then: () => Promise<T>) => Promise<T>;
  /** Starts PostgREST on a database and waits until it serves. */
  startServer(options: ServerOptions): Promise<RunningPostgrest>;
  /** Resolves with the reason why Postgres ended, unless it was stopped. @default unknown */
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
  /** Key that tokens are encrypted to. */
  readonly decryptionKey: DecryptionKey;
  /** On 127.0.0.1. @default a free one */
  readonly port?: number | undefined;
  /** Resolves when the database is there, and rejects if it cannot be. Meanwhile the start is prepared. @default it is there */
  readonly databaseReady?: Promise<unknown> | undefined;
  /** Ends the start, if the backend can do that. */
  readonly signal?: AbortSignal | undefined;
}
