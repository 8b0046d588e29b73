import type { Construct } from 'constructs';
import { type ContainerConfig, type DockerProvider, Network } from '../synth/cdk/docker.ts';
import { type Belonging, labels } from './labels.ts';
import type { IPostgresDatabase } from '../postgres-database.ts';

/**
 * The part of a container's configuration with which it reaches a database.
 *
 * @param name of the network that is made where the database has none
 */
export function databaseNetwork(
  scope: Construct,
  database: IPostgresDatabase,
  name: string,
  belonging: Belonging,
  provider: DockerProvider,
) {
  const network = database.network ?? new Network(scope, 'network', { name, labels: labels(belonging), provider }).name;
  return {
    networksAdvanced: [{ name: network }],
    // On Linux the name has to be asked for.
    ...(database.internalHost === 'host.docker.internal' && {
      host: [{ host: 'host.docker.internal', ip: 'host-gateway' }],
    }),
  } satisfies Partial<ContainerConfig>;
}
