/**
 * Real Postgres and real PostgREST as child processes, without Docker: for tests and local work.
 *
 * @module
 */
export type { ApiClient } from './client.ts';
export type { ApplyOutcome, EphemeralPostgrest } from './environment.ts';
export { startPostgres, type LocalConnection, type PostgresOptions, type PostgresServer } from './postgres-server.ts';
export { startPostgrest, type PostgrestOptions, type PostgrestServer } from './postgrest-server.ts';
export { startEphemeralPostgrest, type EphemeralPostgrestOptions } from './start.ts';
