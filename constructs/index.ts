export { AccessSql, type AccessSqlProps } from './access-sql.ts';
export { DatabaseAccess, type DatabaseAccessProps, type IDatabaseAccess } from './database-access.ts';
export { DatabaseRoles, type DatabaseRolesProps } from './database-roles.ts';
export type { ContainerProps } from './docker/hardened-container.ts';
export type { Belonging } from './docker/labels.ts';
export { Gateway, type GatewayContainerProps, type GatewayProps } from './gateway.ts';
export type { GatewayCertificate } from './gateway-certificate.ts';
export {
  type GatewayInput,
  type GatewayLimits,
  type GatewayTimeouts,
  NGINX_IMAGE,
  type ServerAddress,
} from '../gateway/index.ts';
export { KeySet, type IKeySet, type KeySetProps } from './key-set.ts';
export {
  PostgresDatabase,
  type ExistingPostgresDatabaseAttributes,
  type IPostgresDatabase,
  type PostgresDatabaseProps,
  type SslMode,
} from './postgres-database.ts';
export { PostgrestServer, type PostgrestServerProps, type ServerContainerProps } from './postgrest-server.ts';
export { KubernetesCluster, type KubernetesClusterProps } from './kubernetes/kubernetes-cluster.ts';
export { KubernetesPostgrest, type KubernetesPostgrestProps } from './kubernetes/kubernetes-postgrest.ts';
export { KubernetesTokenService, type KubernetesTokenServiceProps } from './kubernetes/kubernetes-token-service.ts';
export type { KubernetesGatewayProps, KubernetesTokenOpenerProps } from './kubernetes/pod-gateway.ts';
export type { Replicas } from './kubernetes/replicas.ts';
export type { KubernetesServiceProps, Peer } from './kubernetes/service.ts';
export { observe, type ObserveOptions } from './observe.ts';
export { SecretFile, type ISecretFile } from './secrets/secret-file.ts';
export { SecretVolume, type SecretVolumeProps } from './docker/secret-volume.ts';
export type { EncryptionKeyFiles, ISecrets, TokenServiceSecrets } from './secrets/secrets.ts';
export { SecretsDirectory, type SecretsDirectoryProps } from './secrets/secrets-directory.ts';
export { ServerImage, type ServerImageProps } from './docker/server-image.ts';
export type { UpdateOrder } from './docker/update-order.ts';
export { SecuredPostgrest, type SecuredPostgrestProps } from './secured-postgrest.ts';
export { TokenOpener, type TokenOpenerContainerProps, type TokenOpenerProps } from './token-opener.ts';
export { TokenService, type TokenServiceProps } from './token-service.ts';
export type { TokenServiceClient } from '../declaration/token-service/token-clients.ts';
export type { Lifetimes } from '../declaration/token-service/token-lifetimes.ts';
export type { IAwaitable } from './synth/wait-across.ts';
