import { Construct } from 'constructs';
import { postgrestImage } from '../../compile/images.ts';
import { checkPort } from '../../compile/server/limits.ts';
import { postgrestServer } from '../../compile/server/postgrest-server.ts';
import type { DatabaseAddress, Server } from '../../compile/server/server.ts';
import { checkSettings } from '../../declaration/check-settings.ts';
import { checkVersion } from '../../declaration/releases/versions.ts';
import type { Declaration } from '../../declaration/types.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { adminConnection } from '../admin-connection.ts';
import { DatabaseAccess, type IDatabaseAccess } from '../database-access.ts';
import { agreedVersion } from '../docker/image-version.ts';
import type { IPostgresDatabase } from '../postgres-database.ts';
import { type ISecretFile, SecretFile } from '../secrets/secret-file.ts';
import type { ISecrets } from '../secrets/secrets.ts';
import { SecretsDirectory } from '../secrets/secrets-directory.ts';
import type { ITerraformDependable } from '../synth/cdk/core.ts';
import { dataResource } from '../synth/data-resource.ts';
import type { PostgresqlProvider } from '../synth/cdk/postgresql.ts';
import { cliProvisioner } from '../synth/cli-command.ts';
import { waitAcross } from '../synth/wait-across.ts';
import { warnAboutRelease } from '../synth/warn-about-release.ts';
import { checkConnections, connectionsCheck } from './connections.ts';
import { graceSeconds } from './graceful-stop.ts';
import { checkName, type KubernetesCluster } from './kubernetes-cluster.ts';
import { selectorText } from './labels.ts';
import { checkNotEmpty, hostsAsPeers, isAddress, networkPolicy, podsOf } from './network-policy.ts';
import { type KubernetesGatewayProps, PodGateway } from './pod-gateway.ts';
import { type PlacedServer, placePods } from './place-pods.ts';
import { checkReplicas, type Replicas } from './replicas.ts';
import { type KubernetesServiceProps, placeService, type Peer, peers } from './service.ts';

export interface KubernetesPostgrestProps {
  /** The result of `declare()`. */
  readonly declaration: Declaration;
  /** A database that exists, as from `PostgresDatabase.fromExisting`: its `internalHost` is how pods reach it. */
  readonly database: IPostgresDatabase;
  readonly cluster: KubernetesCluster;
  /** Name of the Deployment and Service. @default the declaration's name */
  readonly name?: string;
  /** @default the secrets directory `.secrets/<the declaration's name>` */
  readonly secrets?: ISecrets;
  /** Roles and access, made elsewhere: best in a stack of their own. @default made here */
  readonly access?: IDatabaseAccess;
  /** Connected to `database` as its admin; not used where `access` is given. @default a provider made from `database` */
  readonly postgresqlProvider?: PostgresqlProvider;
  /** Number of pods. @default 2 */
  readonly replicas?: Replicas;
  /** nginx of each pod. @default a certificate that nobody has signed, for the names of the Service */
  readonly gateway?: KubernetesGatewayProps;
  readonly service?: KubernetesServiceProps;
  /** Clients that may reach the Service. @default all */
  readonly allowedFrom?: readonly Peer[];
  /** Copies of the database that answer what only reads. They lag behind: a revoked subject reads on for as long. @default none */
  readonly readReplicas?: readonly DatabaseAddress[];
  /** Networks, such as `10.2.0.0/16`, of the database and its copies. @default their addresses; with host names, any at their ports */
  readonly databaseNetworks?: readonly string[];
  /** Image of PostgREST. @default `postgrest/postgrest:v<the declared version>` */
  readonly image?: string;
  /** PostgREST's version in the image. @default from the image's tag, otherwise the declared one */
  readonly version?: string;
  /** User and group that PostgREST runs as: `uid:gid`. @default '1000:1000' */
  readonly user?: string;
  /** Memory of each PostgREST, in megabytes. @default 192, and 32 for each connection of the declared `server.poolSize` */
  readonly memory?: number;
  /** CPUs that each PostgREST may use. @default 1 */
  readonly cpus?: number;
  /** Part of the CPUs of a pod that a node sets aside for it, from 0.01 to 1. @default 0.25 */
  readonly cpuShare?: number;
  /** Time in which new pods have to be ready, in seconds. @default 300 */
  readonly rolloutSeconds?: number;
  /** Connections that the pods may open together. @default what the database says; the deploy asks it */
  readonly connectionLimit?: number;
}

const API = { host: '127.0.0.1', port: 3000, adminPort: 3001 } as const;
const READS = { host: '127.0.0.1', port: 3100, adminPort: 3101 } as const;

/**
 * A secured PostgREST API in the pods of a Kubernetes cluster, in front of a database that exists: the declaration, roles, access SQL
 * and keys are those of {@link SecuredPostgrest}. Each pod has nginx and, behind it and reached by nothing else, PostgREST. New keys reach
 * the pods without a restart. The deploy ends when each pod is ready and shown to use the present keys.
 *
 * @example
 * const cluster = new KubernetesCluster(this, 'cluster', { namespace: 'todos' });
 * const database = PostgresDatabase.fromExisting(this, 'database', {
 *   host: 'db.example.org', database: 'todos', adminUser: 'todos_admin', adminPasswordFile: '/run/secrets/todos-admin',
 * });
 * const api = new KubernetesPostgrest(this, 'api', { declaration, database, cluster, replicas: { min: 2, max: 6 } });
 * api.url; // 'https://todos.todos.svc'
 *
 * @throws SecuredPostgrestError `invalid_prop`, `unsupported_version`, `vulnerable_version`, `unreadable_secret`, `insecure_secret_file`,
 * and what reading keys refuses
 */
export class KubernetesPostgrest extends Construct {
  /** Name of the Deployment and Service. */
  readonly name: string;
  /** URL of the API: of the first declared host, or of the Service inside of the cluster. */
  readonly url: string;
  /** Names of the roles that requests run as. */
  readonly roleNames: readonly string[];
  /** The key set that tokens are verified with, on the machine that deploys. */
  readonly jwksFile: ISecretFile;
  /** The certificate that nobody has signed, for clients to trust; undefined with another one. */
  readonly selfSignedCertificate: ISecretFile | undefined;
  /** Dependencies to wait for until the API answers. */
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: KubernetesPostgrestProps) {
    super(scope, id);
    const { declaration, database, cluster, readReplicas, name = declaration.name } = props;
    const place = this.node.path;
    checkName(`${place}.name`, name);
    for (const list of ['allowedFrom', 'databaseNetworks', 'readReplicas'] as const) {
      checkNotEmpty(`${place}.${list}`, props[list]);
    }
    const secrets = props.secrets ?? new SecretsDirectory({ name: declaration.name });
    const access = props.access ?? new DatabaseAccess(this, 'access', { ...props, secrets });
    const image = props.image ?? postgrestImage(declaration);
    const version = agreedVersion(place, image, props.version, declaration.server.version);
    checkSettings(declaration.server.settings, 'server.settings', checkVersion(version, `${place}.version`));
    warnAboutRelease(this, 'PostgREST', version, declaration.acceptedAdvisories);

    const jwks = secrets.verificationKeys(declaration.keys);
    const content = (secret: ISecretFile) => ({ secret, fingerprint: secrets.fingerprint(secret) });
    const login = content(secrets.databaseLogin(declaration.authenticator));
    const contents = {
      keys: content(jwks),
      'database-login': login,
      'database-login-fallback': login,
      ...(database.sslRootCertificate && { 'root-certificate': content(database.sslRootCertificate) }),
    };
    const postgrest = (server: Server): PlacedServer => ({
      server: withLoginAtStart(server),
      image,
      contents,
      lifecycle: {},
    });
    const api = postgrestServer(place, declaration, { ...props, database, version, listens: API });
    const reads =
      readReplicas &&
      postgrestServer(place, declaration, {
        ...props,
        database: { ...database, readReplicas: checkReadReplicas(place, readReplicas, version) },
        version,
        name: 'reads',
        listens: READS,
      });
    const gateway = new PodGateway(this, 'gateway', {
      ...(props.gateway ?? { certificate: 'self-signed' }),
      declaration,
      secrets,
      serverVersion: version,
      servers: [API],
      ...(reads && { readers: [READS] }),
      cluster,
      name,
    });
    const sidecars = [postgrest(api), ...(reads ? [postgrest(reads)] : []), ...gateway.sidecars];
    const podCpus = [...sidecars, gateway.main].reduce((sum, { server }) => sum + server.limits.cpus, 0);
    const replicas = checkReplicas(`${place}.replicas`, props.replicas ?? {}, podCpus);
    const needed = checkConnections(place, {
      declaration,
      pods: replicas.max,
      serversOfPod: reads ? 2 : 1,
      limit: props.connectionLimit ?? database.maxConnections,
    });
    database.reserveConnections?.(place, needed);
    const hide = [new SecretFile(secrets.path).relativeTo(this)];
    const selector = { name, component: 'api' } as const;
    const databases = [{ host: database.internalHost, port: database.internalPort }, ...(readReplicas ?? [])];
    const hosts = databases.map(({ host }) => host);
    const pods = placePods(this, {
      ...selector,
      cluster,
      deploymentName: name,
      identity: secrets.identity,
      sidecars,
      main: gateway.main,
      replicas,
      cpuShare: props.cpuShare ?? 0.25,
      graceSeconds: graceSeconds(gateway.answerSeconds),
      rolloutSeconds: props.rolloutSeconds ?? 300,
      hide,
      dependsOn: [
        ...cluster.waitFor,
        ...waitAcross(this, access),
        ...connectionsCheck(this, { declaration, database, needed, dependsOn: waitAcross(this, access) }),
      ],
    });
    networkPolicy(this, {
      ...selector,
      cluster,
      deploymentName: name,
      identity: secrets.identity,
      ingress: [{ port: gateway.port, ...(props.allowedFrom && { from: peers(props.allowedFrom) }) }],
      egress: [
        ...[...new Set(databases.map(({ port }) => port))].map((port) => ({
          port,
          to: hostsAsPeers(hosts, props.databaseNetworks),
        })),
        ...(gateway.tokenServicePort === undefined
          ? []
          : [{ port: gateway.tokenServicePort, to: [podsOf({ name, component: 'token-service' })] }]),
      ],
      usesNames: !hosts.every(isAddress),
    });
    const service = placeService(this, {
      ...selector,
      cluster,
      serviceName: name,
      identity: secrets.identity,
      targetPort: gateway.port,
      hasCertificate: gateway.hasCertificate,
      props: props.service ?? {},
    });
    const reload = (...more: readonly string[]) =>
      cliProvisioner(
        'kubernetes',
        'reload',
        ...cluster.kubectlOptions,
        ...['--selector', selectorText(selector), '--files', pods.runningFingerprint],
        ...adminConnection(this, database),
        ...['--key-set', jwks.relativeTo(this)],
        ...(typeof secrets.keys === 'string'
          ? ['--directory', new SecretFile(secrets.keys).relativeTo(this)]
          : secrets.keys.options),
        ...(reads ? [API, READS] : [API]).flatMap(({ port }) => ['--server-port', String(port)]),
        ...['--authenticator', declaration.authenticator],
        ...more,
      );
    // Whatever becomes of new pods: a key that is taken away must not be good until a rollout succeeds.
    const runningKeys = dataResource(this, 'running-keys', {
      triggersReplace: { keys: pods.runningFingerprint },
      provisioners: [reload('--ready-only')],
      dependsOn: [...pods.filesWritten],
    });
    const ready = dataResource(this, 'ready', {
      triggersReplace: { generation: pods.generation, keys: pods.runningFingerprint },
      provisioners: [
        reload(...gateway.keyChecks),
        cliProvisioner(
          'password',
          'finish',
          ...adminConnection(this, database),
          ...['--directory', new SecretFile(secrets.path).relativeTo(this)],
          ...['--authenticator', declaration.authenticator],
        ),
      ],
      dependsOn: [runningKeys, ...pods.waitFor],
    });
    this.name = name;
    this.url = gateway.urlAt(service.host, service.port);
    this.roleNames = access.roleNames;
    this.jwksFile = jwks;
    this.selfSignedCertificate = gateway.selfSignedCertificate;
    this.waitFor = [ready, service.resource];
  }
}

/** New pods have a new login: no check shows that a running one has read it before the previous login is disabled. */
function withLoginAtStart(server: Server): Server {
  const files = server.files.map((file) => (file.id === 'keys' ? file : { ...file, read: 'start' as const }));
  return { ...server, files };
}

/** Before 12.2, PostgREST listens for changes at a copy, which takes no LISTEN (release notes of 12.2). */
function checkReadReplicas(
  place: string,
  replicas: readonly DatabaseAddress[],
  version: string,
): readonly DatabaseAddress[] {
  const [major, minor] = checkVersion(version, `${place}.version`);
  if (major === 12 && minor < 2) {
    const problem = `PostgREST ${version} would not learn of new keys where it reads from a copy`;
    refuse('invalid_prop', `${place}.readReplicas`, problem, 'use PostgREST 12.2 or later');
  }
  return replicas.map(({ host, port }, n) => ({
    host,
    port: checkPort(`${place}.readReplicas[${n}].port`, port),
  }));
}
