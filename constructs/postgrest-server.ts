import { Construct } from 'constructs';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { postgrestImage } from '../compile/images.ts';
import { serverSettings } from '../compile/server/settings.ts';
import { checkSettings } from '../declaration/check-settings.ts';
import type { Declaration } from '../declaration/types.ts';
import { checkVersion } from '../declaration/releases/versions.ts';
import { DataResource, type ITerraformDependable } from './synth/cdk/core.ts';
import { Container } from './synth/cdk/docker.ts';
import { adminConnection } from './admin-connection.ts';
import { cliProvisioner } from './synth/cli-command.ts';
import { databaseNetwork } from './docker/database-network.ts';
import { dockerProvider } from './docker/docker-provider.ts';
import { checkPort, type ContainerProps, cpuLabel, cpusOf, hardened } from './docker/hardened-container.ts';
import { serverLife } from './docker/server-life.ts';
import { waitProvisioner } from './docker/wait-provisioner.ts';
import { labels } from './docker/labels.ts';
import { agreedVersion } from './docker/image-version.ts';
import type { KeySet } from './key-set.ts';
import type { IPostgresDatabase } from './postgres-database.ts';
import { warnAboutRelease } from './synth/warn-about-release.ts';
import { checkServerMemory, runtimeOptions, serverMemory } from './docker/postgrest-memory.ts';
import { publishedUrl } from './docker/published-url.ts';
import { SecretFile } from './secrets/secret-file.ts';
import { SecretVolume } from './docker/secret-volume.ts';
import type { SecretsDirectory } from './secrets/secrets-directory.ts';

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
  /** Connections that the servers may open together. @default what the database says, otherwise not checked */
  readonly connectionLimit?: number;
}

export interface PostgrestServerProps extends ServerContainerProps {
  readonly declaration: Declaration;
  readonly database: IPostgresDatabase;
  readonly secrets: SecretsDirectory;
  readonly keys: KeySet;
  /** Dependencies of the API: the access SQL. */
  readonly dependsOn: readonly ITerraformDependable[];
}

const DEFAULTS = { user: '1000:1000', cpus: 1 };
const PORT = 3000;
const ADMIN_PORT = 3001;
const FILES = '/etc/postgrest';

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
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: PostgrestServerProps) {
    super(scope, id);
    const { declaration, database, secrets, keys } = props;
    const { name } = declaration;
    const belonging = { name, deployment: secrets.identity };
    const place = this.node.path;
    const image = props.image ?? postgrestImage(declaration);
    const version = agreedVersion(place, image, props.version, declaration.server.version);
    checkSettings(declaration.server.settings, 'server.settings', checkVersion(version, `${place}.version`));
    warnAboutRelease(this, 'PostgREST', version, declaration.acceptedAdvisories);
    const servers = checkServers(place, props);
    const { poolSize } = declaration.server;
    const memory = checkServerMemory(place, props.memory ?? serverMemory(poolSize), poolSize);
    const cpus = cpusOf(place, props, DEFAULTS);
    const ports = Array.from({ length: servers }, (_, n) => checkPort(`${place}.port`, (props.port ?? PORT) + n));
    const provider = dockerProvider(this, props.dockerProvider);

    const secretVolume = (id: string, file: SecretFile, fileName = id, dependsOn = props.dependsOn) => {
      const fingerprint = secrets.fingerprint(file);
      const volume = new SecretVolume(this, id, {
        ...belonging,
        volumeName: `${name}-${id}`,
        secret: file,
        fingerprint,
        fileName,
        image,
        dependsOn,
        dockerProvider: provider,
      });
      return { id, fingerprint, volume };
    };
    // New keys and another login reach a server without a restart.
    const loginFile = secrets.databaseLogin(declaration.authenticator);
    const login = secretVolume('database-login', loginFile, '.pg_service.conf');
    // While a file is written again it is missing for a moment. libpq then takes the second one, which is written afterwards.
    const fallback = secretVolume('database-login-fallback', loginFile, 'pg_service.conf', login.volume.waitFor);
    // A server reads this file when it starts, so another content replaces it.
    const startFiles = database.sslRootCertificate
      ? [secretVolume('root-certificate', database.sslRootCertificate)]
      : [];
    const files = [login, fallback, ...startFiles];
    const network = databaseNetwork(this, database, `${name}-api`, belonging, provider);
    const settings = {
      ...serverSettings(declaration, {
        databaseUri: `postgres:///${encodeURIComponent(database.database)}?service=authenticator`,
        jwtSecret: `@${FILES}/keys/jwks.json`,
        port: PORT,
        adminPort: ADMIN_PORT,
        version,
      }),
      HOME: `${FILES}/database-login`,
      PGSYSCONFDIR: `${FILES}/database-login-fallback`,
      PGHOST: database.internalHost,
      PGPORT: String(database.internalPort),
      PGSSLMODE: database.sslmode,
      ...(database.sslRootCertificate && { PGSSLROOTCERT: `${FILES}/root-certificate/root-certificate` }),
      GHCRTS: runtimeOptions(memory, cpus),
    };
    const { bindAddress } = declaration.server;

    const containers = ports.map(
      (port, n) =>
        new Container(this, `api-${n + 1}`, {
          ...hardened(place, props, { ...DEFAULTS, memory }),
          name: `${name}-api-${n + 1}`,
          image,
          env: Object.entries(settings)
            .map(([variable, value]) => `${variable}=${value}`)
            .sort(),
          mounts: [
            keys.volume.mountedAt(`${FILES}/keys`),
            ...files.map(({ id, volume }) => volume.mountedAt(`${FILES}/${id}`)),
          ],
          ...network,
          ports: [{ internal: PORT, external: port, ip: bindAddress }],
          ...serverLife(declaration, version),
          labels: labels(belonging, {
            ...props.labels,
            ...Object.fromEntries(startFiles.map(({ id, fingerprint }) => [`secured-postgrest.${id}`, fingerprint])),
            ...cpuLabel(cpus),
          }),
          dependsOn: [...keys.volume.waitFor, ...files.flatMap(({ volume }) => volume.waitFor)],
          provider,
        }),
    );

    this.urls = ports.map((port) => publishedUrl(bindAddress, port));
    this.url = this.urls[0]!;
    const ready = new DataResource(this, 'ready', {
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
          ...['--authenticator', declaration.authenticator],
        ),
        cliProvisioner(
          'password',
          'finish',
          ...adminConnection(this, database),
          ...['--directory', new SecretFile(secrets.path).relativeTo(this)],
          ...['--authenticator', declaration.authenticator],
        ),
      ],
      dependsOn: [...keys.volume.waitFor, ...fallback.volume.waitFor],
    });
    this.waitFor = [ready];
  }
}

function checkServers(place: string, props: PostgrestServerProps): number {
  const servers = props.servers ?? 1;
  if (!Number.isInteger(servers) || servers < 1) {
    refuse('invalid_prop', `${place}.servers`, `${servers} is not a number of servers`, 'give a whole number from 1');
  }
  const limit = props.connectionLimit ?? props.database.maxConnections;
  // Each server holds one connection more, on which it listens for changes.
  const connections = servers * (props.declaration.server.poolSize + 1);
  if (limit !== undefined && connections > limit) {
    refuse(
      'invalid_prop',
      `${place}.servers`,
      `${servers} servers open up to ${connections} connections, more than the limit of ${limit}`,
      'lower `servers` or the declared `server.poolSize`',
    );
  }
  props.database.reserveConnections?.(place, connections);
  return servers;
}
