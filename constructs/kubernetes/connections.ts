import type { Construct } from 'constructs';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import type { Declaration } from '../../declaration/types.ts';
import { adminConnection } from '../admin-connection.ts';
import type { IPostgresDatabase } from '../postgres-database.ts';
import type { ITerraformDependable } from '../synth/cdk/core.ts';
import { dataResource } from '../synth/data-resource.ts';
import { cliProvisioner } from '../synth/cli-command.ts';

export interface PodConnections {
  readonly declaration: Declaration;
  /** Most pods. */
  readonly pods: number;
  /** PostgREST servers of a pod. */
  readonly serversOfPod: number;
  /** Connections that there may be. @default not known */
  readonly limit: number | undefined;
}

/**
 * Connections that the pods open at most: while they are replaced, those of both generations.
 *
 * @throws SecuredPostgrestError `invalid_prop` if they are more than the limit
 */
export function checkConnections(place: string, { declaration, pods, serversOfPod, limit }: PodConnections): number {
  const { poolSize } = declaration.server;
  // Each server holds one connection more, on which it listens for changes.
  const connections = 2 * pods * serversOfPod * (poolSize + 1);
  if (limit === undefined || connections <= limit) return connections;
  refuse(
    'invalid_prop',
    `${place}.replicas`,
    `${pods} pods open up to ${connections} connections while they are replaced, more than the limit of ${limit}`,
    'lower `replicas.max` or the declared `server.poolSize`',
  );
}

/** Has the deploy ask the database whether it takes so many connections, before there are pods that open them. */
export function connectionsCheck(
  scope: Construct,
  {
    declaration,
    database,
    needed,
    dependsOn,
  }: {
    readonly declaration: Declaration;
    readonly database: IPostgresDatabase;
    readonly needed: number;
    readonly dependsOn: readonly ITerraformDependable[];
  },
): readonly ITerraformDependable[] {
  const check = dataResource(scope, 'connections', {
    triggersReplace: { needed, database: database.identity },
    provisioners: [
      cliProvisioner(
        'kubernetes',
        'connections',
        ...adminConnection(scope, database),
        ...['--authenticator', declaration.authenticator, '--needed', String(needed)],
      ),
    ],
    dependsOn: [...dependsOn],
  });
  return [check];
}
