import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { Construct } from 'constructs';
import { accountClaimsFunction } from '../declaration/token-service/account-claims.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { packageTemplate } from '../postgres/template.ts';
import { checkClients, type TokenServiceClient } from '../declaration/token-service/token-clients.ts';
import { tokenIssuer } from '../declaration/token-service/token-issuer.ts';
import { type Lifetimes, resolveLifetimes } from '../declaration/token-service/token-lifetimes.ts';
import { checkTokenSchema, forTokenService, tokenServiceNames } from '../declaration/token-service/token-service.ts';
import type { Declaration } from '../declaration/types.ts';
import { App, DataResource, type ITerraformDependable, TerraformStack } from './synth/cdk/core.ts';
import { Container } from './synth/cdk/docker.ts';
import { adminConnection } from './admin-connection.ts';
import { cliProvisioner } from './synth/cli-command.ts';
import { databaseNetwork } from './docker/database-network.ts';
import { dockerProvider } from './docker/docker-provider.ts';
import { checkPort, type ContainerProps, cpuLabel, cpusOf, hardened } from './docker/hardened-container.ts';
import { labels } from './docker/labels.ts';
import type { IPostgresDatabase } from './postgres-database.ts';
import { publishedUrl } from './docker/published-url.ts';
import { SecretFile } from './secrets/secret-file.ts';
import { SecretVolume } from './docker/secret-volume.ts';
import { SecretsDirectory } from './secrets/secrets-directory.ts';
import { synthesizedFile } from './synth/synthesized-file.ts';
import { type IAwaitable, waitAcross } from './synth/wait-across.ts';
import { waitProvisioner } from './docker/wait-provisioner.ts';

export interface TokenServiceProps extends ContainerProps {
  /** The result of `declare()`; its `tokens.issuer` is the address of the service. */
  readonly declaration: Declaration;
  /** The database, in this stack or in another one. */
  readonly database: IPostgresDatabase;
  /** The API that its tokens are for, in this stack or in another one: its servers know a new key before the service signs with it. */
  readonly api: IAwaitable;
  /** An image whose entry point is the command line of this package, with the libraries of the service, and `node` on its PATH. */
  readonly image: string;
  /** OAuth clients that may get tokens. */
  readonly clients: readonly TokenServiceClient[];
  /** @default the secrets directory `.secrets/<the declaration's name>` */
  readonly secrets?: SecretsDirectory;
  /** Port that the service is published on. @default 8090 */
  readonly port?: number;
  /** A function of yours, `schema.function`, that says role and claims of an account. @default the service's own accounts */
  readonly accountClaims?: string;
  /** How long what it issues is good. @default 5 minutes, and 14 days */
  readonly lifetimes?: Partial<Lifetimes>;
  /**
   * True if the proxy in front of the service sets `X-Forwarded-For`, so that attempts are counted by the client's address.
   * Otherwise all attempts come from the proxy's address, and one client that often fails locks every client out for a while.
   * @default false with an http issuer; required with https, which implies a proxy
   */
  readonly trustProxy?: boolean;
  /** User and group that the process runs as: `uid:gid`. @default '1000:1000' */
  readonly user?: string;
  /** Memory limit, in megabytes. @default 256 */
  readonly memory?: number;
  /** CPUs that the container may use. @default 1 */
  readonly cpus?: number;
}

const DEFAULTS = { user: '1000:1000', memory: 256, cpus: 1 };
/** Connections to the database that the service opens at most. */
const CONNECTIONS = 10;
const PORT = 8090;
const FILES = '/etc/token-service';

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
    const { declaration, database, image, accountClaims } = props;
    const { name } = declaration;
    const { bindAddress } = declaration.server;
    const place = this.node.path;
    const issuer = tokenIssuer(place, declaration);
    checkTokenSchema(declaration);
    accountClaimsFunction(declaration, accountClaims);
    checkClients(place, props.clients);
    const { accessToken, signIn } = resolveLifetimes(place, props.lifetimes);
    const port = checkPort(`${place}.port`, props.port ?? PORT);
    checkTrustProxy(place, issuer, props.trustProxy);
    database.reserveConnections?.(place, CONNECTIONS);
    const secrets = props.secrets ?? new SecretsDirectory({ name });
    const { password, keys, clients, signingKey } = secrets.tokenService(declaration, props.clients);
    const belonging = { name, deployment: secrets.identity };
    const provider = dockerProvider(this, props.dockerProvider);
    const needed = JSON.stringify(forTokenService(declaration), undefined, 2);
    const declarationFile = synthesizedFile(this, 'declaration.json', needed);
    const options = accountClaims === undefined ? [] : ['--account-claims', accountClaims];

    const storage = new DataResource(this, 'storage', {
      triggersReplace: {
        sql: fingerprint(packageTemplate('token-service/storage').sql, needed, ...options),
        database: database.identity,
        password: secrets.fingerprint(password),
      },
      provisioners: [
        cliProvisioner(
          'token-service',
          ...['setup', declarationFile],
          ...adminConnection(this, database),
          ...['--service-password-file', password.relativeTo(this)],
          ...options,
        ),
      ],
      dependsOn: [...waitAcross(this, database), ...waitAcross(this, props.api)],
    });

    const volume = (id: string, secret: SecretFile, fileName = id, change = secrets.fingerprint(secret)) => {
      const volume = new SecretVolume(this, id, {
        ...belonging,
        volumeName: `${name}-token-service-${id}`,
        secret,
        fingerprint: change,
        fileName,
        image,
        dependsOn: [storage],
        dockerProvider: provider,
      });
      return { id, change, volume, path: `${FILES}/${id}/${fileName}` };
    };
    // New keys reach the service without a restart; the other files are read when it starts.
    const keysFile = volume('keys', keys);
    const passwordFile = volume('password', password);
    const clientsFile = volume('clients', clients);
    const neededFile = volume(
      'declaration',
      this.synthesized(declarationFile),
      'declaration.json',
      fingerprint(needed),
    );
    const certificate = database.sslRootCertificate && volume('root-certificate', database.sslRootCertificate);
    const startFiles = [passwordFile, clientsFile, neededFile, ...(certificate ? [certificate] : [])];
    const files = [keysFile, ...startFiles];

    const path = new URL(issuer).pathname.replace(/\/$/, '');
    const healthcheck = healthCheck(`http://127.0.0.1:${PORT}${path}/jwks`);
    const container = new Container(this, 'container', {
      ...hardened(place, props, DEFAULTS),
      name: `${name}-token-service`,
      image,
      command: [
        ...['token-service', 'serve', neededFile.path],
        ...['--host', database.internalHost, '--port', String(database.internalPort)],
        ...['--database', database.database, '--user', tokenServiceNames(declaration).role],
        ...['--password-file', passwordFile.path, '--sslmode', database.sslmode],
        ...(certificate ? ['--ssl-root-certificate', certificate.path] : []),
        ...['--keys-file', keysFile.path, '--clients', clientsFile.path],
        ...['--listen', String(PORT), '--listen-host', '0.0.0.0'],
        ...['--access-token-seconds', String(accessToken), '--sign-in-seconds', String(signIn)],
        ...options,
        ...(props.trustProxy ? ['--trust-proxy'] : []),
      ],
      mounts: files.map(({ id, volume }) => volume.mountedAt(`${FILES}/${id}`)),
      ...databaseNetwork(this, database, `${name}-token-service`, belonging, provider),
      ports: [{ internal: PORT, external: port, ip: bindAddress }],
      healthcheck,
      destroyGraceSeconds: 10,
      labels: labels(belonging, {
        ...props.labels,
        ...Object.fromEntries(startFiles.map(({ id, change }) => [`secured-postgrest.${id}`, change])),
        ...cpuLabel(cpusOf(place, props, DEFAULTS)),
        // The provider plans another check, and then silently leaves the container as it is.
        'secured-postgrest.health-check': fingerprint(...healthcheck.test),
      }),
      dependsOn: files.flatMap(({ volume }) => volume.waitFor),
      provider,
    });

    this.url = publishedUrl(bindAddress, port) + path;
    const ready = new DataResource(this, 'ready', {
      triggersReplace: { container: container.id, keys: keysFile.change },
      provisioners: [
        waitProvisioner(container, { hide: [new SecretFile(secrets.path)], url: `${this.url}/jwks`, signingKey }),
      ],
      dependsOn: [...keysFile.volume.waitFor],
    });
    this.waitFor = [ready];
  }

  private synthesized(file: string): SecretFile {
    return new SecretFile(resolve(App.of(this).outdir, 'stacks', TerraformStack.of(this).node.id, file));
  }
}

/** The image has Node.js, since this package's command line runs in it, and perhaps nothing else. */
function healthCheck(url: string) {
  const script = `fetch(${JSON.stringify(url)}).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`;
  return { test: ['CMD', 'node', '--eval', script], interval: '5s', timeout: '5s', retries: 6 };
}

/** With https somebody else has the certificate, and says who asks, or does not. */
function checkTrustProxy(place: string, issuer: string, trustProxy: boolean | undefined): void {
  if (trustProxy !== undefined || issuer.startsWith('http:')) return;
  refuse(
    'invalid_prop',
    `${place}.trustProxy`,
    'it is not said whether the proxy that has the certificate sets X-Forwarded-For',
    'give true if it does; with false everybody counts as one address',
  );
}

function fingerprint(...texts: string[]): string {
  return createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 16);
}
