export { AccessSql, type AccessSqlProps } from './access-sql.ts';
export { DatabaseAccess, type DatabaseAccessProps } from './database-access.ts';
export { DatabaseRoles, type DatabaseRolesProps } from './database-roles.ts';
export type { ContainerProps } from './hardened-container.ts';
export type { Belonging } from './labels.ts';
export { KeySet, type KeySetProps } from './key-set.ts';
export {
  PostgresDatabase,
  type ExistingPostgresDatabaseAttributes,
  type IPostgresDatabase,
  type PostgresDatabaseProps,
  type SslMode,
} from './postgres-database.ts';
export { PostgrestServer, type PostgrestServerProps, type ServerContainerProps } from './postgrest-server.ts';
export { observe } from './observe.ts';
export { SecretFile } from './secret-file.ts';
export { SecretVolume, type SecretVolumeProps } from './secret-volume.ts';
export { SecretsDirectory, type SecretsDirectoryProps } from './secrets-directory.ts';
export { ServerImage, type ServerImageProps } from './server-image.ts';
export { SecuredPostgrest, type SecuredPostgrestProps } from './secured-postgrest.ts';
export { TokenService, type TokenServiceProps } from './token-service.ts';
export type { TokenServiceClient } from '../declaration/token-clients.ts';
export type { Lifetimes } from '../declaration/token-lifetimes.ts';
export type { IAwaitable } from './wait-across.ts';
