import { Construct } from 'constructs';
import { tokenOpenerServer } from '../compile/server/token-opener-server.ts';
import type { Declaration } from '../declaration/types.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { ServerAddress } from '../gateway/index.ts';
import { dockerProvider } from './docker/docker-provider.ts';
import type { ContainerProps } from './docker/hardened-container.ts';
import { placeServer } from './docker/place-server.ts';
import { inOrder, type UpdateOrder } from './docker/update-order.ts';
import { containerName, waitProvisioner } from './docker/wait-provisioner.ts';
import { SecretFile } from './secrets/secret-file.ts';
import type { ISecrets } from './secrets/secrets.ts';
import type { ITerraformDependable } from './synth/cdk/core.ts';
import { dataResource } from './synth/data-resource.ts';

/** Options of the opener's container. */
export interface TokenOpenerContainerProps extends ContainerProps {
  /** An image whose entry point is the command line of this package, and that has `node` on its PATH: that of the token service. */
  readonly image: string;
  /** User and group that the process runs as: `uid:gid`. @default '1000:1000' */
  readonly user?: string;
  /** Memory limit, in megabytes. @default 192 */
  readonly memory?: number;
  /** CPUs that the container may use. @default 1 */
  readonly cpus?: number;
}

export interface TokenOpenerProps extends TokenOpenerContainerProps {
  /** The result of `declare()`, with `tokens.encryption`. */
  readonly declaration: Declaration;
  readonly secrets: ISecrets;
  /** Docker network of the gateway. */
  readonly network: string;
  /** That of the gateway. @default 'stop-first' */
  readonly updateOrder?: UpdateOrder;
  /** Resources that must succeed before the keys are written. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * The opener of encrypted tokens (RFC 7516), in a container that only the gateway reaches. New keys reach it without a restart.
 *
 * @example
 * const server = new PostgrestServer(this, 'server', {
 *   declaration, database, secrets, keys, dependsOn: access.waitFor, behindOpener: true,
 * });
 * const opener = new TokenOpener(this, 'opener', {
 *   declaration, secrets, image, network: server.network, dependsOn: server.waitFor,
 * });
 * opener.address; // { host: 'clinic-token-opener', port: 8070 }
 *
 * @throws SecuredPostgrestError `invalid_prop`, and what reading the keys refuses
 */
export class TokenOpener extends Construct {
  /** Where the opener is reached from its network. */
  readonly address: ServerAddress;
  /** Id of the key that issuers encrypt to. */
  readonly keyInUse: string;
  /** Changes with the keys. */
  readonly keysFingerprint: string;
  /** Dependencies to wait for until the opener answers. */
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: TokenOpenerProps) {
    super(scope, id);
    const { declaration, secrets, image, network, updateOrder } = props;
    const { name, tokens } = declaration;
    const place = this.node.path;
    if (!tokens.encryption) {
      refuse('invalid_prop', place, 'no token is encrypted', 'declare `tokens.encryption`, or leave out `tokenOpener`');
    }
    const server = tokenOpenerServer(place, tokens.encryption, props);
    const { decryption, keyInUse } = secrets.encryptionKeys();
    const keys = { secret: decryption, fingerprint: secrets.fingerprint(decryption) };
    const host = `${name}-token-opener`;
    const { containers, written } = placeServer(this, server, {
      name,
      deployment: secrets.identity,
      image,
      contents: { 'encryption-keys': keys },
      volumePrefix: host,
      network: { networksAdvanced: [{ name: network }] },
      containers: [{ id: 'container', name: host }],
      ...(updateOrder && { updateOrder }),
      bindAddress: declaration.server.bindAddress,
      options: props,
      dependsOn: props.dependsOn,
      provider: dockerProvider(this, props.dockerProvider),
    });
    const container = containers[0]!;
    this.address = { host: containerName(container), port: server.port };
    this.keyInUse = keyInUse;
    this.keysFingerprint = keys.fingerprint;
    const ready = dataResource(this, 'ready', {
      triggersReplace: { container: container.id },
      provisioners: [waitProvisioner(container, { hide: [new SecretFile(secrets.path)] })],
      ...inOrder(updateOrder),
      dependsOn: [...written],
    });
    this.waitFor = [ready, ...written];
  }
}
