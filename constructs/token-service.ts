import { Construct } from 'constructs';
import { checkPort } from '../compile/server/limits.ts';
import { pathOfIssuer } from '../compile/server/token-service-server.ts';
import { describedTokenService, type TokenServiceInput } from './described-token-service.ts';
import { databaseNetwork } from './docker/database-network.ts';
import { dockerProvider } from './docker/docker-provider.ts';
import type { ContainerProps } from './docker/hardened-container.ts';
import { placeServer } from './docker/place-server.ts';
import { waitProvisioner } from './docker/wait-provisioner.ts';
import { SecretFile } from './secrets/secret-file.ts';
import type { ITerraformDependable } from './synth/cdk/core.ts';
import { dataResource } from './synth/data-resource.ts';

export interface TokenServiceProps extends TokenServiceInput, ContainerProps {
  /** Port that the service is published on. @default 8090 */
  readonly port?: number;
  /** Address that the port is published on: '127.0.0.1' behind a gateway. @default the declared one */
  readonly bindAddress?: string;
  /** User and group that the process runs as: `uid:gid`. @default '1000:1000' */
  readonly user?: string;
  /** Memory limit, in megabytes. @default 256 */
  readonly memory?: number;
  /** CPUs that the container may use. @default 1 */
  readonly cpus?: number;
}

/** The published port. */
const PORT = 8090;

/**
 * The token service in a container. The deploy makes what the service needs in the database, ends when the service is healthy and
 * signs with the present key, and fails with the end of its log when it does not. New keys reach it without a restart.
 *
 * @example
 * const service = new TokenService(this, 'token-service', {
 *   declaration, database, api, image, clients: [{ id: 'web', redirectUris: ['https://app.example.org/signed-in'] }],
 * });
 * service.url; // 'http://127.0.0.1:8090'
 *
 * @throws SecuredPostgrestError `invalid_prop`, `weak_secret`, `schema_not_exposable`, `unsupported_algorithm`, `unreadable_secret`, `insecure_secret_file`, and what
 * reading keys refuses
 */
export class TokenService extends Construct {
  /** Where the service is published; the address that clients use is the declared issuer. */
  readonly url: string;
  /** Dependencies to wait for until the service answers. */
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: TokenServiceProps) {
    super(scope, id);
    const { declaration, database, image } = props;
    const { name } = declaration;
    const bindAddress = props.bindAddress ?? declaration.server.bindAddress;
    const port = checkPort(`${this.node.path}.port`, props.port ?? PORT);
    const service = describedTokenService(this, props);
    const { secrets, contents, signingKey } = service;
    const belonging = { name, deployment: secrets.identity };
    const provider = dockerProvider(this, props.dockerProvider);
    const { containers, urls, written } = placeServer(this, service.server, {
      ...belonging,
      image,
      contents: {
        ...contents,
        declaration: {
          secret: new SecretFile(service.declaration.path),
          fingerprint: service.declaration.fingerprint,
        },
      },
      volumePrefix: `${name}-token-service`,
      network: databaseNetwork(this, database, `${name}-token-service`, belonging, provider),
      containers: [{ id: 'container', name: `${name}-token-service`, port }],
      bindAddress,
      options: props,
      dependsOn: [service.storage],
      provider,
    });
    const container = containers[0]!;
    this.url = urls[0]! + pathOfIssuer(service.issuer);
    const { keys, 'encryption-keys': encryptionKeys } = contents;
    const ready = dataResource(this, 'ready', {
      triggersReplace: {
        container: container.id,
        keys: keys!.fingerprint,
        ...(encryptionKeys && { encryptionKeys: encryptionKeys.fingerprint }),
      },
      provisioners: [
        waitProvisioner(container, { hide: [new SecretFile(secrets.path)], url: `${this.url}/jwks`, signingKey }),
      ],
      dependsOn: [...written],
    });
    this.waitFor = [ready];
  }
}
