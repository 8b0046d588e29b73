import { Construct } from 'constructs';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { postgrestImage } from '../compile/images.ts';
import { checkPort } from '../compile/server/limits.ts';
import { postgrestServer } from '../compile/server/postgrest-server.ts';
import type { ServerAddress } from '../gateway/index.ts';
import { checkSettings } from '../declaration/check-settings.ts';
import type { Declaration } from '../declaration/types.ts';
import { checkVersion } from '../declaration/releases/versions.ts';
import type { ITerraformDependable } from './synth/cdk/core.ts';
import { dataResource } from './synth/data-resource.ts';
import { adminConnection } from './admin-connection.ts';
import { databaseNetwork } from './docker/database-network.ts';
import { cliProvisioner } from './synth/cli-command.ts';
import { dockerProvider } from './docker/docker-provider.ts';
import type { ContainerProps } from './docker/hardened-container.ts';
import { placeServer } from './docker/place-server.ts';
import { inOrder, type UpdateOrder } from './docker/update-order.ts';
import { containerName, waitProvisioner } from './docker/wait-provisioner.ts';
import { agreedVersion } from './docker/image-version.ts';
import type { IKeySet } from './key-set.ts';
import type { IPostgresDatabase } from './postgres-database.ts';
import { warnAboutRelease } from './synth/warn-about-release.ts';
import { type ISecretFile, SecretFile } from './secrets/secret-file.ts';
import type { ISecrets } from './secrets/secrets.ts';

/** Options of the servers. */
export interface ServerContainerProps extends ContainerProps {
  /** @default `postgrest/postgrest:v<the declared version>` */
  readonly image?: string;
  /** PostgREST's version in the image. @default from the image's tag, otherwise the declared one */
  readonly version?: string;
  /** Number of servers. @default 1 */
  readonly servers?: number;
  /** Port of the first server; each further one has the next. @default 3000 */
  readonly port?: number;
  /** User and group that the processes run as: `uid:gid`. @default '1000:1000' */
  readonly user?: string;
  /** Memory limit of each server, in megabytes. @default 192, and 32 for each connection of the declared `server.poolSize` */
  readonly memory?: number;
  /** CPUs that each server may use. @default 1 */
  readonly cpus?: number;
  /**
   * True if requests reach the servers only through an opener of encrypted tokens. A declaration with `tokens.encryption` needs one.
   * @default false
   */
  readonly behindOpener?: boolean;
  /** Connections that the servers may open together. @default what the database says, otherwise not checked */
  readonly connectionLimit?: number;
}

export interface PostgrestServerProps extends ServerContainerProps {
  readonly declaration: Declaration;
  readonly database: IPostgresDatabase;
  readonly secrets: ISecrets;
  readonly keys: IKeySet;
  /** Address that the ports are published on. @default the declared one; 127.0.0.1 with `start-first` */
  readonly bindAddress?: string;
  /**
   * Order in which a server is replaced. With `start-first`, Docker chooses the ports, and for a moment there are twice as
   * many servers. It is for servers behind a {@link Gateway}, in a stack that has neither their database nor their access SQL:
   * Terraform would replace these in the same order.
   * @default 'stop-first'
   */
  readonly updateOrder?: UpdateOrder;
  /** Dependencies of the API: the access SQL. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** The published port of the first server. */
const PORT = 3000;

/**
 * PostgREST in one or more containers. The deploy ends when each of them answers, is healthy and is shown to use the present
 * keys, and fails with the end of a server's log when one does not.
 *
 * @example
 * const server = new PostgrestServer(this, 'server', {
 *   declaration, database, secrets, keys, dependsOn: access.waitFor, servers: 2,
 * });
 * server.urls; // ['http://127.0.0.1:3000', 'http://127.0.0.1:3001']
 *
 * @throws SecuredPostgrestError `invalid_prop`, `unsupported_version`, `vulnerable_version`
 */
export class PostgrestServer extends Construct {
  /** URL of the first server. */
  readonly url: string;
  /** URL of each server. */
  readonly urls: readonly string[];
  /** PostgREST's version. */
  readonly version: string;
  /** Where the servers are reached from their network. */
  readonly addresses: readonly ServerAddress[];
  /** Docker network of the servers. */
  readonly network: string;
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: PostgrestServerProps) {
    super(scope, id);
    const { declaration, database, secrets, keys } = props;
    const { updateOrder = 'stop-first' } = props;
    const startsFirst = updateOrder === 'start-first';
    const { name, authenticator } = declaration;
    const { settings } = declaration.server;
    const bindAddress = props.bindAddress ?? (startsFirst ? '127.0.0.1' : declaration.server.bindAddress);
    const place = this.node.path;
    const image = props.image ?? postgrestImage(declaration);
    const version = agreedVersion(place, image, props.version, declaration.server.version);
    checkSettings(settings, 'server.settings', checkVersion(version, `${place}.version`));
    warnAboutRelease(this, 'PostgREST', version, declaration.acceptedAdvisories);
    checkOpener(place, props);
    const servers = checkServers(place, props);
    // Terraform cannot change the order of a resource that others depend on (a cycle): each order has resources of its own.
    const ordered = (id: string) => (startsFirst ? `${id}-start-first` : id);
    const ports = Array.from({ length: servers }, (_, n) =>
      startsFirst ? 'any' : checkPort(`${place}.port`, (props.port ?? PORT) + n),
    );
    const content = (secret: ISecretFile) => ({ secret, fingerprint: secrets.fingerprint(secret) });
    const login = content(secrets.databaseLogin(authenticator));
    const belonging = { name, deployment: secrets.identity };
    const provider = dockerProvider(this, props.dockerProvider);
    const network = databaseNetwork(this, database, `${name}-api`, belonging, provider);
    const server = postgrestServer(place, declaration, { ...props, database, version });
    const { containers, urls, written } = placeServer(this, server, {
      ...belonging,
      image,
      contents: {
        keys,
        'database-login': login,
        'database-login-fallback': login,
        ...(database.sslRootCertificate && { 'root-certificate': content(database.sslRootCertificate) }),
      },
      volumePrefix: name,
      network,
      containers: ports.map((port, n) => ({ id: ordered(`api-${n + 1}`), name: `${name}-api-${n + 1}`, port })),
      updateOrder,
      bindAddress,
      options: props,
      dependsOn: props.dependsOn,
      provider,
    });
    this.version = version;
    this.addresses = containers.map((container) => ({ host: containerName(container), port: server.port }));
    this.network = network.networksAdvanced[0]!.name;
    this.urls = urls;
    this.url = urls[0]!;
    const ready = dataResource(this, ordered('ready'), {
      triggersReplace: {
        ...Object.fromEntries(containers.map((container, n) => [`api-${n + 1}`, container.id])),
        keys: keys.fingerprint,
        login: login.fingerprint,
      },
      provisioners: [
        ...this.urls.map((url, n) => waitProvisioner(containers[n]!, { hide: [new SecretFile(secrets.path)], url })),
        cliProvisioner(
          'reload',
          ...adminConnection(this, database),
          ...['--key-set', keys.jwksFile.relativeTo(this)],
          ...(typeof secrets.keys === 'string'
            ? ['--directory', new SecretFile(secrets.keys).relativeTo(this)]
            : secrets.keys.options),
          ...this.urls.flatMap((url) => ['--server', url]),
          ...['--authenticator', authenticator],
        ),
        cliProvisioner(
          'password',
          'finish',
          ...adminConnection(this, database),
          ...['--directory', new SecretFile(secrets.path).relativeTo(this)],
          ...['--authenticator', authenticator],
        ),
      ],
      ...inOrder(updateOrder),
      dependsOn: [...written],
    });
    this.waitFor = [ready];
  }
}

/** PostgREST takes merely signed tokens, and no encrypted ones. */
function checkOpener(place: string, { declaration, behindOpener = false }: PostgrestServerProps): void {
  const { encryption } = declaration.tokens;
  if (encryption === undefined || behindOpener) return;
  refuse(
    'invalid_prop',
    `${place}.behindOpener`,
    `tokens.encryption is "${encryption}", and nothing opens encrypted tokens before these servers`,
    'give `gateway.tokenOpener`; or have all requests go through an opener of yours, and set behindOpener: true',
  );
}

function checkServers(place: string, props: PostgrestServerProps): number {
  const servers = props.servers ?? 1;
  if (!Number.isInteger(servers) || servers < 1) {
    refuse('invalid_prop', `${place}.servers`, `${servers} is not a number of servers`, 'give a whole number from 1');
  }
  const limit = props.connectionLimit ?? props.database.maxConnections;
  const startsFirst = props.updateOrder === 'start-first';
  // Each server holds one connection more, on which it listens for changes.
  const connections = servers * (props.declaration.server.poolSize + 1) * (startsFirst ? 2 : 1);
  if (limit !== undefined && connections > limit) {
    const meanwhile = startsFirst ? ' while they are replaced' : '';
    refuse(
      'invalid_prop',
      `${place}.servers`,
      `${servers} servers open up to ${connections} connections${meanwhile}, more than the limit of ${limit}`,
      'lower `servers` or the declared `server.poolSize`',
    );
  }
  props.database.reserveConnections?.(place, connections);
  return servers;
}
