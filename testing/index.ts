/**
 * Real Postgres and real PostgREST for tests and local work: child processes by default, or containers.
 *
 * @module
 */
export type {
  AccessMap,
  CellAccess,
  MapCell,
  MappedFunction,
  MappedPolicy,
  MappedRelation,
  MappedRole,
} from '../access/picture/access-map.ts';
export { accessMapHtml } from '../access/report/map-html.ts';
export { matrixHtml } from '../access/report/matrix-html.ts';
export { matrixText, type MatrixTextOptions } from '../access/report/matrix-text.ts';
export type { AccessCell, AccessMatrix, RelationAccess } from '../access/matrix.ts';
export type { Reach } from '../access/map/reach.ts';
export { sampleSubjects, type Subject, type Subjects } from '../access/subjects.ts';
export { accessMap, type AccessMapOptions } from './access-map.ts';
export type { ApiClient } from './client.ts';
export type { ApplyOutcome, EnvironmentTokenOptions, EphemeralPostgrest } from './environment.ts';
export {
  startPostgres,
  type LocalConnection,
  type PostgresOptions,
  type PostgresServer,
} from './servers/postgres-server.ts';
export {
  startPostgrest,
  type PostgrestOptions,
  type PostgrestServer,
  type RunningPostgrest,
} from './servers/postgrest-server.ts';
export type { DockerBackendOptions } from './backends/docker/docker-backend.ts';
export type { BackendChoice, SourceOptions } from './source.ts';
export { startEphemeralPostgrest, type EphemeralPostgrestOptions } from './start.ts';
