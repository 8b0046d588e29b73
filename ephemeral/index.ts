/**
 * Real Postgres and real PostgREST as child processes, without Docker: for tests and local work.
 *
 * @module
 */
export { startEphemeralPostgrest, type EphemeralPostgrest, type EphemeralPostgrestOptions } from './environment.ts';
export { startPostgres, type LocalConnection, type PostgresOptions, type PostgresServer } from './postgres-server.ts';
export { startPostgrest, type PostgrestOptions, type PostgrestServer } from './postgrest-server.ts';
