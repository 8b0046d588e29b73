import { Construct } from 'constructs';
import {
  GATEWAY_CERTIFICATE,
  GATEWAY_PORTS,
  GATEWAY_SERVERS,
  GATEWAY_TEMPORARY,
  gatewayServer,
} from '../../compile/server/gateway-server.ts';
import { pathOf, type ServerFile } from '../../compile/server/server.ts';
import { tokenOpenerServer } from '../../compile/server/token-opener-server.ts';
import { TOKEN_SERVICE_TLS_PORT } from '../../compile/server/token-service-server.ts';
import { checkVersion } from '../../declaration/releases/versions.ts';
import { tokenIssuer } from '../../declaration/token-service/token-issuer.ts';
import type { Declaration } from '../../declaration/types.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import {
  gatewayConfiguration,
  type GatewayInput,
  type GatewayPlaces,
  NGINX_IMAGE,
  type ServerAddress,
  upstreamsFile,
} from '../../gateway/index.ts';
import { checkedGateway, nginxVersionOf } from '../checked-gateway.ts';
import { fingerprint } from '../fingerprint.ts';
import { certificateFiles, checkTransport, type GatewayCertificate } from '../gateway-certificate.ts';
import type { ISecretFile } from '../secrets/secret-file.ts';
import type { ISecrets } from '../secrets/secrets.ts';
import { Fn, Token } from '../synth/cdk/core.ts';
import { synthesizedFile } from '../synth/synthesized-file.ts';
import { graceSeconds, stopNginx } from './graceful-stop.ts';
import type { KubernetesCluster } from './kubernetes-cluster.ts';
import type { PlacedServer } from './place-pods.ts';
import { withoutReferences } from './references.ts';
import { placeService } from './service.ts';
import { tokenServiceCertificate, tokenServiceName } from './token-service-certificate.ts';

/** Options of the nginx of each pod. */
export interface KubernetesGatewayProps extends GatewayInput {
  /** An image of nginx from 1.27.4 with a shell. @default `nginxinc/nginx-unprivileged:1.30.6` */
  readonly image?: string;
  /** nginx's version in the image. @default from the image's tag, otherwise the one of the default image */
  readonly version?: string;
  /** Certificate for TLS. A renewed one reaches new pods, which replace the old ones. @default plain HTTP, behind `trustedProxies` */
  readonly certificate?: GatewayCertificate;
  /** True hands requests to the declared issuer's path or host on to a {@link KubernetesTokenService}. @default false */
  readonly tokenService?: boolean;
  /** The opener of encrypted tokens in each pod, for a declaration with `tokens.encryption`. @default none */
  readonly tokenOpener?: KubernetesTokenOpenerProps;
  /** User and group that the processes run as: `uid:gid`. @default '101:101' */
  readonly user?: string;
  /** Memory limit, in megabytes; half of them are for bodies. @default 256 */
  readonly memory?: number;
  /** CPUs that nginx may use. @default 1 */
  readonly cpus?: number;
}

/** Options of the opener of encrypted tokens. */
export interface KubernetesTokenOpenerProps {
  /** An image whose entry point is the command line of this package: that of the token service. */
  readonly image: string;
  /** User and group that the process runs as: `uid:gid`. @default '1000:1000' */
  readonly user?: string;
  /** Memory limit, in megabytes. @default 192 */
  readonly memory?: number;
  /** CPUs that the opener may use. @default 1 */
  readonly cpus?: number;
}

export interface PodGatewayProps extends KubernetesGatewayProps {
  readonly declaration: Declaration;
  readonly secrets: ISecrets;
  /** PostgREST's version. */
  readonly serverVersion: string;
  readonly servers: readonly ServerAddress[];
  readonly readers?: readonly ServerAddress[];
  readonly cluster: KubernetesCluster;
  /** Name of the Service. */
  readonly name: string;
}

/** The certificate that nginx knows the token service by. */
const TOKEN_SERVICE_CERTIFICATE: ServerFile = {
  id: 'token-service-certificate',
  directory: '/etc/gateway/token-service-certificate',
  fileName: 'certificate.pem',
  read: 'start',
};

/** nginx in the pod of the servers, with the opener of encrypted tokens. */
export class PodGateway extends Construct {
  readonly main: PlacedServer;
  readonly sidecars: readonly PlacedServer[];
  /** The port that clients use, in the pod. */
  readonly port: number;
  readonly hasCertificate: boolean;
  readonly answerSeconds: number;
  readonly selfSignedCertificate: ISecretFile | undefined;
  /** Undefined without a token service. */
  readonly tokenServicePort: number | undefined;
  /** Options of `kubernetes reload` that say which encryption key each pod has to use. */
  readonly keyChecks: readonly string[];
  private readonly host: string | undefined;

  constructor(scope: Construct, id: string, props: PodGatewayProps) {
    super(scope, id);
    const { declaration, secrets, certificate, cluster, name, servers, readers, image = NGINX_IMAGE } = props;
    const place = this.node.path;
    const gateway = checkedGateway(place, declaration, checkVersion(props.serverVersion, place), props);
    checkTransport(place, '0.0.0.0', props);
    const hasCertificate = certificate !== undefined;
    const { answerSeconds } = gateway.timeouts;
    const server = gatewayServer(place, { ...props, hasCertificate, graceSeconds: graceSeconds(answerSeconds) });
    const service = `${name}.${cluster.namespace}`;
    const { pem, selfSigned } = certificateFiles(certificate, secrets, [
      name,
      service,
      `${service}.svc`,
      `${service}.svc.cluster.local`,
      ...gateway.hosts,
    ]);
    const opener = props.tokenOpener && openerOf(place, declaration, secrets, props.tokenOpener);
    if (declaration.tokens.encryption && !opener) {
      const problem = `tokens.encryption is "${declaration.tokens.encryption}", and nothing opens encrypted tokens`;
      refuse('invalid_prop', `${place}.tokenOpener`, problem, "give the token service's image: tokenOpener: { image }");
    }
    const nginxVersion = props.version ?? nginxVersionOf(image);
    const places: GatewayPlaces = {
      ...(nginxVersion !== undefined && { nginxVersion }),
      servers,
      ...(readers && { readers }),
      upstreamsFile: GATEWAY_SERVERS,
      corsAllowedOrigins: declaration.server.corsAllowedOrigins,
      ...(props.tokenService && {
        tokenService: {
          host: this.tokenServiceAddress(props),
          port: TOKEN_SERVICE_TLS_PORT,
          issuer: tokenIssuer(place, declaration),
          tls: { name: tokenServiceName(name), trusted: pathOf(TOKEN_SERVICE_CERTIFICATE) },
        },
      }),
      ...(opener && { opener: { host: '127.0.0.1', port: opener.placed.server.port } }),
      ipv6: cluster.ipv6,
      port: server.port,
      statusPort: GATEWAY_PORTS.status,
      ...(pem && { certificate: GATEWAY_CERTIFICATE, fingerprint: secrets.fingerprint(pem) }),
      isSelfSigned: selfSigned !== undefined,
      temporary: GATEWAY_TEMPORARY,
      accessLog: '/dev/stdout',
      errorLog: '/dev/stderr',
      workers: Math.max(1, Math.ceil(server.limits.cpus)),
    };
    const content = (secret: ISecretFile) => ({ secret, fingerprint: secrets.fingerprint(secret) });
    const trusted = props.tokenService ? tokenServiceCertificate(secrets, name).certificate : undefined;
    const { text } = gatewayConfiguration(gateway, places);
    const upstreams = upstreamsFile(places);
    this.main = {
      // Nobody has the nginx of a pod read its files again: other ones are for new pods.
      server: {
        ...server,
        files: [
          ...server.files.map((file) => ({ ...file, read: 'start' as const })),
          ...(trusted ? [TOKEN_SERVICE_CERTIFICATE] : []),
        ],
      },
      image,
      contents: {
        ...(pem && { certificate: content(pem) }),
        ...(trusted && { [TOKEN_SERVICE_CERTIFICATE.id]: content(trusted) }),
        servers: {
          text: upstreams,
          bytes: Buffer.byteLength(upstreams),
          fingerprint: fingerprint(withoutReferences(upstreams)),
        },
        configuration: {
          text: this.fileText('nginx.conf', text),
          bytes: Buffer.byteLength(text),
          fingerprint: fingerprint(text),
        },
      },
      lifecycle: { ...probes(readers !== undefined), ...stopNginx() },
    };
    this.sidecars = opener ? [opener.placed] : [];
    this.port = server.port;
    this.hasCertificate = hasCertificate;
    this.answerSeconds = answerSeconds;
    this.selfSignedCertificate = selfSigned;
    this.tokenServicePort = props.tokenService ? TOKEN_SERVICE_TLS_PORT : undefined;
    this.keyChecks = opener ? ['--first-key', `${GATEWAY_PORTS.status}/encryption-keys=${opener.keyInUse}`] : [];
    this.host = gateway.hosts[0];
  }

  /** URL of the API at an address of its Service. */
  urlAt(serviceHost: string, port: number): string {
    const url = new URL(`${this.hasCertificate ? 'https' : 'http'}://${this.host ?? serviceHost}`);
    url.port = String(port);
    return url.origin;
  }

  /** A Service of the token service's pods, which come after those of the API: nginx starts only with addresses that it can look up. */
  private tokenServiceAddress({ cluster, name, secrets }: PodGatewayProps): string {
    const { resource } = placeService(this, {
      name,
      component: 'token-service',
      cluster,
      serviceName: tokenServiceName(name),
      identity: secrets.identity,
      targetPort: TOKEN_SERVICE_TLS_PORT,
      hasCertificate: true,
      props: { port: TOKEN_SERVICE_TLS_PORT },
    });
    const address = Token.asString(resource.interpolationForAttribute('spec[0].cluster_ip'));
    // nginx reads an IPv6 address in brackets.
    return Fn.replace(address, '/^.*:.*$/', '[$0]');
  }

  /** The text of a synthesized file, which Terraform reads: it would fill in the variables of nginx as a template. */
  private fileText(name: string, text: string): string {
    return Fn.file(synthesizedFile(this, name, text).file);
  }
}

/**
 * A pod gets requests while its nginx has an answer of PostgREST. The PostgREST that reads from copies has to answer once, so that a
 * rollout ends where it cannot. Later nginx sends its requests to the other one where it does not answer: without it, all pods would be
 * taken out at the same time.
 */
function probes(hasReaders: boolean) {
  const get = (path: string) => ({ http_get: { path, port: String(GATEWAY_PORTS.status), scheme: 'HTTP' } });
  return {
    ...(hasReaders && {
      // What fails longer than this is not helped by another start of nginx.
      startup_probe: {
        ...get('/reads-serving'),
        ...{ period_seconds: 2, timeout_seconds: 5, failure_threshold: 1800, success_threshold: 1 },
      },
    }),
    readiness_probe: {
      ...get('/serving'),
      period_seconds: 2,
      timeout_seconds: 5,
      failure_threshold: 3,
      success_threshold: 1,
    },
    liveness_probe: {
      ...get('/health'),
      period_seconds: 10,
      timeout_seconds: 5,
      failure_threshold: 3,
      success_threshold: 1,
    },
  };
}

function openerOf(
  place: string,
  { tokens: { encryption } }: Declaration,
  secrets: ISecrets,
  props: KubernetesTokenOpenerProps,
): { readonly placed: PlacedServer; readonly keyInUse: string } {
  if (!encryption) {
    refuse('invalid_prop', place, 'no token is encrypted', 'declare `tokens.encryption`, or leave out `tokenOpener`');
  }
  const { decryption, keyInUse } = secrets.encryptionKeys();
  const server = tokenOpenerServer(`${place}.tokenOpener`, encryption, { ...props, listenHost: '127.0.0.1' });
  const contents = { 'encryption-keys': { secret: decryption, fingerprint: secrets.fingerprint(decryption) } };
  return { placed: { server, image: props.image, contents, lifecycle: {} }, keyInUse };
}
