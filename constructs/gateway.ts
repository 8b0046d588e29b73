import { Construct } from 'constructs';
import {
  GATEWAY_CERTIFICATE,
  GATEWAY_CONFIGURATION,
  GATEWAY_PORTS,
  GATEWAY_SERVERS,
  GATEWAY_TEMPORARY,
  gatewayServer,
} from '../compile/server/gateway-server.ts';
import { checkPort } from '../compile/server/limits.ts';
import { checkVersion } from '../declaration/releases/versions.ts';
import { tokenIssuer } from '../declaration/token-service/token-issuer.ts';
import type { Declaration } from '../declaration/types.ts';
import {
  gatewayConfiguration,
  type GatewayInput,
  type GatewayPlaces,
  NGINX_IMAGE,
  type ServerAddress,
  serversText,
  upstreamsFile,
} from '../gateway/index.ts';
import { dockerProvider } from './docker/docker-provider.ts';
import type { ContainerProps } from './docker/hardened-container.ts';
import { placeServer } from './docker/place-server.ts';
import { publishedUrl } from './docker/published-url.ts';
import { inOrder, type UpdateOrder } from './docker/update-order.ts';
import { engineOptions, waitProvisioner } from './docker/wait-provisioner.ts';
import { checkedGateway, nginxVersionOf } from './checked-gateway.ts';
import { fingerprint } from './fingerprint.ts';
import { certificateFiles, checkTransport, type GatewayCertificate } from './gateway-certificate.ts';
import { type ISecretFile, SecretFile } from './secrets/secret-file.ts';
import type { ISecrets } from './secrets/secrets.ts';
import type { ITerraformDependable } from './synth/cdk/core.ts';
import { dataResource } from './synth/data-resource.ts';
import { cliProvisioner } from './synth/cli-command.ts';
import { synthesizedFile } from './synth/synthesized-file.ts';
import { TokenOpener, type TokenOpenerContainerProps } from './token-opener.ts';

/** Options of the gateway. */
export interface GatewayContainerProps extends GatewayInput, ContainerProps {
  /** An image of nginx from 1.27.4 that has `curl`. @default `nginxinc/nginx-unprivileged:1.30.6` */
  readonly image?: string;
  /** nginx's version in the image. @default from the image's tag, otherwise the one of the default image */
  readonly version?: string;
  /** The port that clients use. @default 8443 with a certificate, otherwise 8080 */
  readonly port?: number;
  /**
   * Certificate for TLS. Each deploy takes a renewed one, without a dropped connection.
   * @default plain HTTP, on a loopback address or behind `trustedProxies`; required elsewhere
   */
  readonly certificate?: GatewayCertificate;
  /** A port of plain HTTP that is redirected to TLS. @default none */
  readonly redirectPort?: number;
  /** The port on 127.0.0.1 with `/health`, `/ready` and `/metrics`. @default 8081 */
  readonly statusPort?: number;
  /** True hands requests to the declared issuer's path or host on to the token service. @default false */
  readonly tokenService?: boolean;
  /** The opener of encrypted tokens, for a declaration with `tokens.encryption`. @default none */
  readonly tokenOpener?: TokenOpenerContainerProps;
  /** User and group that the processes run as: `uid:gid`. @default '101:101' */
  readonly user?: string;
  /** Memory limit, in megabytes; half of them are for bodies. @default 256 */
  readonly memory?: number;
  /** CPUs that the gateway may use. @default 1 */
  readonly cpus?: number;
}

export interface GatewayProps extends GatewayContainerProps {
  readonly declaration: Declaration;
  readonly secrets: ISecrets;
  /** The servers, as they are reached from `network`. */
  readonly servers: readonly ServerAddress[];
  /** PostgREST's version. @default the declared one */
  readonly serverVersion?: string;
  /** Docker network of the servers. */
  readonly network: string;
  /** That of the servers. With `start-first`, a server ends when the gateway has finished with it. @default 'stop-first' */
  readonly updateOrder?: UpdateOrder;
  /** Dependencies of the gateway: the servers. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** Docker's own DNS server, in each container. */
const RESOLVER = '127.0.0.11';
/** Port of the token service in its container. */
const TOKEN_SERVICE_PORT = 8090;
/** nginx takes a configuration within seconds, keeps idle connections for 10 s then, and ends 10 s after the longest answer. */
const RELOAD_SECONDS = 60;

/**
 * nginx in front of the servers: one address, TLS, limits, headers, a log without tokens. A changed option or certificate
 * reaches the running nginx, which tests the configuration before it takes it, and drops no connection.
 *
 * @example
 * const server = new PostgrestServer(this, 'server', { declaration, database, secrets, keys, dependsOn: access.waitFor });
 * const gateway = new Gateway(this, 'gateway', {
 *   declaration, secrets, servers: server.addresses, serverVersion: server.version, network: server.network,
 *   dependsOn: server.waitFor,
 *   certificate: { certificateFile: '/etc/letsencrypt/live/api/fullchain.pem', keyFile: '/etc/letsencrypt/live/api/privkey.pem' },
 *   hosts: ['api.example.org'], port: 443,
 * });
 * gateway.url; // 'https://api.example.org'
 *
 * @throws SecuredPostgrestError `invalid_prop`, `unreadable_secret`, `insecure_secret_file`
 */
export class Gateway extends Construct {
  /** URL of the API. */
  readonly url: string;
  /** URL with `/health`, `/ready` and `/metrics`, for the machine itself. */
  readonly statusUrl: string;
  /** The certificate that nobody has signed, for clients to trust; undefined with another one. */
  readonly selfSignedCertificate: ISecretFile | undefined;
  /** Dependencies to wait for until the gateway answers. */
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const { declaration, secrets, servers, certificate, redirectPort, updateOrder, image = NGINX_IMAGE } = props;
    const { name } = declaration;
    const { bindAddress, corsAllowedOrigins, version } = declaration.server;
    const place = this.node.path;
    const serverVersion = checkVersion(props.serverVersion ?? version, `${place}.serverVersion`);
    const gateway = checkedGateway(place, declaration, serverVersion, props);
    checkTransport(place, bindAddress, props);
    const hasCertificate = certificate !== undefined;
    const port = checkPort(`${place}.port`, props.port ?? (hasCertificate ? 8443 : 8080));
    const statusPort = checkPort(`${place}.statusPort`, props.statusPort ?? 8081);
    if (redirectPort !== undefined) checkPort(`${place}.redirectPort`, redirectPort);
    const provider = dockerProvider(this, props.dockerProvider);
    const opener =
      props.tokenOpener &&
      new TokenOpener(this, 'token-opener', {
        dockerProvider: provider,
        ...props.tokenOpener,
        declaration,
        secrets,
        network: props.network,
        ...(updateOrder && { updateOrder }),
        dependsOn: props.dependsOn,
      });
    const graceSeconds = gateway.timeouts.answerSeconds + 5;
    const server = gatewayServer(place, { ...props, hasCertificate, graceSeconds });

    const { pem, selfSigned } = certificateFiles(certificate, secrets, [`${name}-gateway`, ...gateway.hosts]);
    this.selfSignedCertificate = selfSigned;
    const nginxVersion = props.version ?? nginxVersionOf(image);
    const places: GatewayPlaces = {
      ...(nginxVersion !== undefined && { nginxVersion }),
      servers,
      upstreamsFile: GATEWAY_SERVERS,
      corsAllowedOrigins,
      ...(props.tokenService && {
        tokenService: {
          host: `${name}-token-service`,
          port: TOKEN_SERVICE_PORT,
          issuer: tokenIssuer(place, declaration),
        },
      }),
      ...(opener && { opener: opener.address }),
      port: server.port,
      statusPort: GATEWAY_PORTS.status,
      ...(pem && { certificate: GATEWAY_CERTIFICATE, fingerprint: secrets.fingerprint(pem) }),
      isSelfSigned: selfSigned !== undefined,
      ...(redirectPort !== undefined && { redirect: { port: GATEWAY_PORTS.http, to: port } }),
      resolver: RESOLVER,
      temporary: GATEWAY_TEMPORARY,
      accessLog: '/dev/stdout',
      errorLog: '/dev/stderr',
      workers: Math.max(1, Math.ceil(server.limits.cpus)),
    };
    const configuration = gatewayConfiguration(gateway, places);
    const allServers = serversText(places);
    const { path } = synthesizedFile(this, 'nginx.conf', configuration.text);
    const hide = [new SecretFile(secrets.path)];
    const containerName = `${name}-gateway`;
    this.statusUrl = publishedUrl('127.0.0.1', statusPort);
    /** Has the gateway that runs take the new files. It is no dependent of the container, which cannot be created before the old one ends. */
    const taken = (written: readonly ITerraformDependable[]) =>
      dataResource(this, 'taken', {
        triggersReplace: { configuration: configuration.fingerprint, servers: allServers },
        provisioners: [
          cliProvisioner(
            'gateway',
            'reload',
            ...['--container', containerName, '--image', image, '--file', GATEWAY_CONFIGURATION],
            ...['--temporary', GATEWAY_TEMPORARY, '--status', this.statusUrl],
            ...['--configuration', configuration.fingerprint, '--servers', allServers],
            // nginx gives requests to the old servers for this long.
            ...['--timeout', String(gateway.timeouts.answerSeconds + RELOAD_SECONDS)],
            ...engineOptions(provider),
          ),
        ],
        ...inOrder(updateOrder),
        dependsOn: [...written],
      });

    const { containers, written } = placeServer(this, server, {
      name,
      deployment: secrets.identity,
      image,
      contents: {
        ...(pem && { certificate: { secret: pem, fingerprint: secrets.fingerprint(pem) } }),
        servers: { secret: upstreamsFile(places), fingerprint: '' },
        configuration: { secret: new SecretFile(path), fingerprint: fingerprint(configuration.text) },
      },
      volumePrefix: `${name}-gateway`,
      network: { networksAdvanced: [{ name: props.network }] },
      containers: [{ id: 'container', name: containerName, port }],
      bindAddress,
      furtherPorts: [
        { internal: GATEWAY_PORTS.status, external: statusPort, ip: '127.0.0.1' },
        ...(redirectPort === undefined
          ? []
          : [{ internal: GATEWAY_PORTS.http, external: redirectPort, ip: bindAddress }]),
      ],
      options: props,
      dependsOn: [...props.dependsOn, ...(opener?.waitFor ?? [])],
      afterFiles: (written) => [taken(written)],
      provider,
    });
    const container = containers[0]!;
    this.url = publicUrl(publishedUrl(bindAddress, port), hasCertificate, gateway.hosts[0]);
    const ready = dataResource(this, 'ready', {
      triggersReplace: {
        container: container.id,
        configuration: configuration.fingerprint,
        servers: allServers,
        ...(opener && { encryptionKeys: opener.keysFingerprint }),
      },
      provisioners: [
        waitProvisioner(container, { hide, url: `${this.statusUrl}/health` }),
        waitProvisioner(container, { hide, url: `${this.statusUrl}/ready` }),
        ...(opener
          ? [
              waitProvisioner(container, {
                hide,
                url: `${this.statusUrl}/encryption-keys`,
                signingKey: opener.keyInUse,
              }),
            ]
          : []),
      ],
      dependsOn: [...written, ...(opener?.waitFor ?? [])],
    });
    this.waitFor = [ready];
  }
}

function publicUrl(published: string, isTls: boolean, host: string | undefined): string {
  const url = new URL(published);
  if (isTls) url.protocol = 'https:';
  if (host !== undefined) url.hostname = host;
  return url.origin;
}
