import { Construct, type IConstruct } from 'constructs';
import { isLoopback } from '../declaration/loopback.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { POSTGRES_IMAGE } from '../compile/images.ts';
import { checkAccepted, oldestMajor, refuseOpenToAnyone } from '../declaration/releases/releases.ts';
import { type ITerraformDependable, Lazy, Token } from './synth/cdk/core.ts';
import { dataResource } from './synth/data-resource.ts';
import { Container, type DockerProvider, Network, Volume } from './synth/cdk/docker.ts';
import { FIRST_WITH_DIRECTORIES, type PostgresData } from './docker/data-version.ts';
import { dockerProvider } from './docker/docker-provider.ts';
import { checkLimits, checkPort, positiveInteger } from '../compile/server/limits.ts';
import { type ContainerProps, cpuLabel, hardened } from './docker/hardened-container.ts';
import { labels } from './docker/labels.ts';
import { agreedVersion } from './docker/image-version.ts';
import { MAX_CONNECTIONS, ReservedConnections } from './docker/postgres-memory.ts';
import { type ISecretFile, SecretFile } from './secrets/secret-file.ts';
import { SecretVolume } from './docker/secret-volume.ts';
import type { ISecrets } from './secrets/secrets.ts';
import { SecretsDirectory } from './secrets/secrets-directory.ts';
import { tlsOnly } from './secrets/tls-only.ts';
import { warnAboutRelease } from './synth/warn-about-release.ts';
import { waitProvisioner } from './docker/wait-provisioner.ts';

/** How a client protects its connection: libpq's `sslmode`. */
export type SslMode = 'disable' | 'require' | 'verify-full';

/** A database that an API can be put in front of. */
export interface IPostgresDatabase extends IConstruct {
  /** Host, as seen from the machine that deploys. */
  readonly host: string;
  /** Port, as seen from the machine that deploys. */
  readonly port: number;
  /** Host, as seen by the servers. */
  readonly internalHost: string;
  /** Port, as seen by the servers. */
  readonly internalPort: number;
  readonly sslmode: SslMode;
  /** Certificates (PEM) that the database's own must be signed by; undefined where it is not checked. */
  readonly sslRootCertificate?: ISecretFile;
  /** The application's database. */
  readonly database: string;
  /** Role that deploys: it has LOGIN and CREATEROLE and owns the database, or is a superuser. */
  readonly adminUser: string;
  readonly adminPassword: ISecretFile;
  /** Connections that the servers may open together. */
  readonly maxConnections?: number;
  /** Docker network that servers have to join; undefined where any will do. */
  readonly network?: string;
  /** Changes when this becomes another, possibly empty, database: everything in it is then made again. */
  readonly identity: string;
  /** Dependencies to wait for in the same stack. */
  readonly waitFor: readonly ITerraformDependable[];
  /**
   * Takes note of connections that a server or service will open. Throws `invalid_prop` when they are too many, or may need
   * more memory than the database has.
   * @default nothing is noted
   */
  reserveConnections?(place: string, connections: number): void;
}

export interface PostgresDatabaseProps extends ContainerProps {
  /** The declaration's name; container, volumes, network and database are named after it. */
  readonly name: string;
  /** The application's database. @default the name */
  readonly database?: string;
  /** The database's superuser. @default 'postgres' */
  readonly adminUser?: string;
  /** @default the secrets directory `.secrets/<name>` */
  readonly secrets?: ISecrets;
  /** @default `postgres:<the newest version in docs/versions.md>` */
  readonly image?: string;
  /** Version of PostgreSQL in the image, such as '18.7' or '18'. @default from the image's tag */
  readonly version?: string;
  /** Numbers of known advisories, such as `CVE-2026-6460`, that a deploy does not warn about. @default none */
  readonly acceptedAdvisories?: readonly string[];
  /** Port on 127.0.0.1 that the database is published on. @default 5432 */
  readonly port?: number;
  /** Existing Docker network to join, by name. @default a network of its own */
  readonly network?: string;
  /** User and group that the processes run as: `uid:gid`. @default '999:999' */
  readonly user?: string;
  /**
   * Memory limit, in megabytes. Less than what all sessions together may take is refused.
   * @default what they may take: 2360 with one server and its pool of 10
   */
  readonly memory?: number;
  /** CPUs that the container may use. @default 2 */
  readonly cpus?: number;
  /**
   * Memory that one session may allocate, in megabytes (`RLIMIT_DATA`). A query that needs more fails with `out of memory`, and
   * nothing else does.
   * @default 128
   */
  readonly sessionMegabytes?: number;
  /** Postgres' `shared_buffers`, in megabytes. @default 128 */
  readonly sharedBuffersMegabytes?: number;
  /** Size that the temporary files of one session may have, in megabytes (`temp_file_limit`). @default 1024 */
  readonly temporaryFilesMegabytes?: number;
  /** Size of `/dev/shm`, in megabytes; parallel queries need it. @default 64 */
  readonly shmSize?: number;
}

/** An existing database; see {@link PostgresDatabase.fromExisting}. */
export interface ExistingPostgresDatabaseAttributes {
  /** Host, as seen from the machine that deploys; a reference to another resource works. */
  readonly host: string;
  /** @default 5432 */
  readonly port?: number;
  readonly database: string;
  /** A role with LOGIN and CREATEROLE that owns the database, or a superuser. */
  readonly adminUser: string;
  /** File with the password of `adminUser`. */
  readonly adminPasswordFile: string;
  /** @default 'disable' where the host is a loopback address, otherwise 'require' */
  readonly sslmode?: SslMode;
  /** File with the certificates (PEM) to trust; 'verify-full' needs it. @default none */
  readonly sslRootCertificateFile?: string;
  /** Host, as seen by the servers; needed where the host is a loopback address. @default the host */
  readonly internalHost?: string;
  /** Port, as seen by the servers. @default the port */
  readonly internalPort?: number;
  /** Connections that the servers may open together. @default not checked */
  readonly maxConnections?: number;
  /** Existing Docker network from which the servers reach the database. @default a network of their own */
  readonly network?: string;
  /**
   * Changes when this becomes another database, such as after restoring a backup.
   * @default made from host, port and database
   */
  readonly identity?: string;
  /** Resources of the same stack that make the database. @default none */
  readonly waitFor?: readonly ITerraformDependable[];
}

const DEFAULTS = { user: '999:999', cpus: 2 };
const BYTES = 1024 * 1024;
/** Where servers meet the database in its network. */
const PORT = 5432;
const SECRETS = '/run/secrets/postgres';
const CERTIFICATE = '/run/secrets/postgres-certificate';

/**
 * A PostgreSQL server in a container, with a network, a volume for its data and its password in a file. Over the network it
 * talks TLS only, with a certificate of its own that everything of this package verifies. The deploy goes on when it is healthy,
 * and fails with the end of its log when it is not.
 *
 * @example
 * const database = new PostgresDatabase(this, 'database', { name: 'todos' });
 *
 * @throws SecuredPostgrestError `invalid_prop`, `unsupported_version`, `vulnerable_version`
 */
export class PostgresDatabase extends Construct implements IPostgresDatabase {
  /**
   * A database that exists already, such as RDS, Cloud SQL or a server on a machine.
   *
   * @example
   * PostgresDatabase.fromExisting(this, 'database', {
   *   host: 'db.example.org',
   *   database: 'todos',
   *   adminUser: 'todos_admin',
   *   adminPasswordFile: '/run/secrets/todos-admin',
   * });
   *
   * @throws SecuredPostgrestError `invalid_prop`
   */
  static fromExisting(scope: Construct, id: string, attributes: ExistingPostgresDatabaseAttributes): IPostgresDatabase {
    return new ExistingPostgresDatabase(scope, id, attributes);
  }

  readonly host = '127.0.0.1';
  readonly port: number;
  readonly internalHost: string;
  readonly internalPort = PORT;
  readonly sslmode = 'verify-full';
  readonly sslRootCertificate: ISecretFile;
  readonly database: string;
  readonly adminUser: string;
  readonly adminPassword: ISecretFile;
  readonly maxConnections = MAX_CONNECTIONS;
  readonly network: string;
  readonly identity: string;
  readonly waitFor: readonly ITerraformDependable[];
  /** The volume with the data, and the image that is to read it. */
  readonly data: PostgresData;
  readonly dockerProvider: DockerProvider;
  private readonly reserved: ReservedConnections;

  constructor(scope: Construct, id: string, props: PostgresDatabaseProps) {
    super(scope, id);
    const { name } = props;
    const image = props.image ?? POSTGRES_IMAGE;
    const version = agreedVersion(this.node.path, image, props.version);
    const major = checkMajor(`${this.node.path}.image`, version);
    const { acceptedAdvisories = [] } = props;
    checkAccepted(acceptedAdvisories, `${this.node.path}.acceptedAdvisories`, 'invalid_prop');
    refuseOpenToAnyone('PostgreSQL', version, `${this.node.path}.image`);
    warnAboutRelease(this, 'PostgreSQL', version, acceptedAdvisories);
    const provider = dockerProvider(this, props.dockerProvider);
    const secrets = props.secrets ?? new SecretsDirectory({ name });

    this.port = checkPort(`${this.node.path}.port`, props.port ?? PORT);
    const megabytes = (
      prop: 'sessionMegabytes' | 'sharedBuffersMegabytes' | 'temporaryFilesMegabytes' | 'shmSize',
      size: number,
    ) => positiveInteger(`${this.node.path}.${prop}`, props[prop] ?? size);
    const session = atLeast(`${this.node.path}.sessionMegabytes`, megabytes('sessionMegabytes', 128), LEAST_SESSION);
    const sharedBuffers = megabytes('sharedBuffersMegabytes', 128);
    const shmSize = megabytes('shmSize', 64);
    this.reserved = new ReservedConnections(this.node.path, { sharedBuffers, shared: shmSize, session }, props.memory);
    const memoryMegabytes = Lazy.numberValue({ produce: () => this.reserved.memoryMegabytes });
    const limits = checkLimits(this.node.path, props, { ...DEFAULTS, memoryMegabytes });
    this.internalHost = `${name}-postgres`;
    this.database = props.database ?? name;
    this.adminUser = props.adminUser ?? 'postgres';
    this.adminPassword = secrets.adminPassword;
    this.network = props.network ?? name;
    const { server, certificate } = secrets.serverCertificate(this.internalHost, 'localhost', this.host);
    this.sslRootCertificate = certificate;

    const belonging = { name, deployment: secrets.identity };
    const network =
      props.network === undefined &&
      new Network(this, 'network', { name: this.network, labels: labels(belonging), provider });
    const data = new Volume(this, 'data', {
      name: `${name}-postgres-data`,
      labels: labels(belonging),
      // To change any of these would be to delete the data; a volume that was there before keeps its own.
      lifecycle: { ignoreChanges: ['labels', 'driver', 'driver_opts'] },
      provider,
    });
    const secretVolume = (volumeId: string, secret: ISecretFile, fileName: string) =>
      new SecretVolume(this, volumeId, {
        ...belonging,
        volumeName: `${name}-postgres-${volumeId}`,
        secret,
        fingerprint: secrets.fingerprint(secret),
        fileName,
        image,
        dockerProvider: provider,
      });
    const password = secretVolume('password', this.adminPassword, 'password');
    const tls = secretVolume('certificate', server, 'server.pem');
    const container = new Container(this, 'container', {
      ...hardened(this.node.path, limits, props, { data: session * BYTES }),
      name: this.internalHost,
      image,
      ...tlsOnly(`${CERTIFICATE}/server.pem`, {
        shared_buffers: `${sharedBuffers}MB`,
        // Postgres' own default with 128 MB for a session: an index is built within half of it.
        maintenance_work_mem: `${Math.floor(session / 2)}MB`,
        temp_file_limit: `${megabytes('temporaryFilesMegabytes', 1024)}MB`,
        // A request is one process, whose memory is bounded, and which ends when its time is over.
        max_parallel_workers_per_gather: '0',
        jit: 'off',
      }),
      env: [
        `POSTGRES_DB=${this.database}`,
        `POSTGRES_PASSWORD_FILE=${SECRETS}/password`,
        `POSTGRES_USER=${this.adminUser}`,
      ],
      mounts: [
        // From 18 on the image keeps the data in a directory of the major version below the volume.
        {
          type: 'volume',
          source: data.name,
          target: major >= FIRST_WITH_DIRECTORIES ? '/var/lib/postgresql' : '/var/lib/postgresql/data',
        },
        password.mountedAt(SECRETS),
        tls.mountedAt(CERTIFICATE),
      ],
      tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev', '/var/run/postgresql': 'rw,noexec,nosuid,nodev' },
      shmSize,
      networksAdvanced: [{ name: this.network }],
      ports: [{ internal: PORT, external: this.port, ip: this.host }],
      healthcheck: {
        // Over TCP: while the image sets itself up, a server answers on the socket already.
        test: ['CMD', 'pg_isready', '--host=127.0.0.1', `--username=${this.adminUser}`, `--dbname=${this.database}`],
        interval: '2s',
        timeout: '5s',
        retries: 30,
      },
      // Time for a clean stop; without it the provider kills the server.
      destroyGraceSeconds: 30,
      labels: labels(belonging, {
        ...props.labels,
        // A network that was lost comes back under another id, and without the containers that were in it.
        ...(network && { 'secured-postgrest.network': network.id }),
        // The certificate is read at the start only.
        'secured-postgrest.certificate': secrets.fingerprint(server),
        ...cpuLabel(limits),
      }),
      dependsOn: [...password.waitFor, ...tls.waitFor],
      provider,
    });
    this.identity = container.id;
    const ready = dataResource(this, 'ready', {
      triggersReplace: { container: container.id },
      provisioners: [
        waitProvisioner(container, { hide: [new SecretFile(secrets.path), this.adminPassword], timeoutSeconds: 120 }),
      ],
    });
    this.waitFor = [ready];
    this.dockerProvider = provider;
    this.data = { place: this.node.path, volume: data.nameInput!, container: this.internalHost, image, major };
  }

  reserveConnections(place: string, connections: number): void {
    this.reserved.reserve(place, connections);
  }
}

function checkMajor(place: string, version: string): number {
  const major = Number.parseInt(version, 10);
  const oldest = oldestMajor('PostgreSQL');
  if (major >= oldest) return major;
  refuse(
    'unsupported_version',
    place,
    `PostgreSQL ${version} is too old`,
    `use ${oldest} or later; if the tag is no version of PostgreSQL, give \`version\` as well`,
  );
}

/** Fewer megabytes may make the engine's first process in a container fail: at 64, runc cannot set up the system call filter. */
const LEAST_SESSION = 128;

function atLeast(place: string, value: number, least: number): number {
  if (value >= least) return value;
  refuse('invalid_prop', place, `${value} MB are too little to start a container with`, `give at least ${least}`);
}

class ExistingPostgresDatabase extends Construct implements IPostgresDatabase {
  readonly host: string;
  readonly port: number;
  readonly internalHost: string;
  readonly internalPort: number;
  readonly sslmode: SslMode;
  readonly sslRootCertificate?: ISecretFile;
  readonly database: string;
  readonly adminUser: string;
  readonly adminPassword: ISecretFile;
  readonly maxConnections?: number;
  readonly network?: string;
  readonly identity: string;
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, attributes: ExistingPostgresDatabaseAttributes) {
    super(scope, id);
    const place = this.node.path;
    const { host, internalHost = host, database } = attributes;
    if (!Token.isUnresolved(internalHost) && isLoopback(internalHost)) {
      refuse(
        'invalid_prop',
        `${place}.internalHost`,
        `"${internalHost}" is the server's own container, not the database`,
        'give the host as containers see it, such as "host.docker.internal" or a name in `network`',
      );
    }
    this.host = host;
    this.port = checkPort(`${place}.port`, attributes.port ?? PORT);
    this.internalHost = internalHost;
    this.internalPort = checkPort(`${place}.internalPort`, attributes.internalPort ?? this.port);
    this.sslmode = attributes.sslmode ?? (!Token.isUnresolved(host) && isLoopback(host) ? 'disable' : 'require');
    if (attributes.sslRootCertificateFile !== undefined) {
      this.sslRootCertificate = new SecretFile(attributes.sslRootCertificateFile);
    } else if (this.sslmode === 'verify-full') {
      refuse(
        'invalid_prop',
        `${place}.sslmode`,
        '"verify-full" has nothing to verify with',
        'give `sslRootCertificateFile` as well',
      );
    }
    this.database = database;
    this.adminUser = attributes.adminUser;
    this.adminPassword = new SecretFile(attributes.adminPasswordFile);
    if (attributes.maxConnections !== undefined) this.maxConnections = attributes.maxConnections;
    if (attributes.network !== undefined) this.network = attributes.network;
    this.identity = attributes.identity ?? `${host}:${this.port}/${database}`;
    this.waitFor = attributes.waitFor ?? [];
  }
}
