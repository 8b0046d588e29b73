import { resolve } from 'node:path';
import { Construct } from 'constructs';
import { checkPort } from '../compile/server/limits.ts';
import { pathOfIssuer, tokenServiceServer } from '../compile/server/token-service-server.ts';
import { accountClaimsFunction } from '../declaration/token-service/account-claims.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { packageTemplate } from '../postgres/template.ts';
import { checkClients, type TokenServiceClient } from '../declaration/token-service/token-clients.ts';
import { tokenIssuer } from '../declaration/token-service/token-issuer.ts';
import { type Lifetimes, resolveLifetimes } from '../declaration/token-service/token-lifetimes.ts';
import { checkTokenSchema, forTokenService } from '../declaration/token-service/token-service.ts';
import type { Declaration } from '../declaration/types.ts';
import { App, DataResource, type ITerraformDependable, TerraformStack } from './synth/cdk/core.ts';
import { adminConnection } from './admin-connection.ts';
import { databaseNetwork } from './docker/database-network.ts';
import { cliProvisioner } from './synth/cli-command.ts';
import { dockerProvider } from './docker/docker-provider.ts';
import { fingerprint } from './fingerprint.ts';
import type { ContainerProps } from './docker/hardened-container.ts';
import { placeServer } from './docker/place-server.ts';
import type { IPostgresDatabase } from './postgres-database.ts';
import { type ISecretFile, SecretFile } from './secrets/secret-file.ts';
import type { ISecrets } from './secrets/secrets.ts';
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
  readonly secrets?: ISecrets;
  /** Port that the service is published on. @default 8090 */
  readonly port?: number;
  /** Address that the port is published on: '127.0.0.1' behind a gateway. @default the declared one */
  readonly bindAddress?: string;
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

/** Connections to the database that the service opens at most. */
const CONNECTIONS = 10;
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
    const { declaration, database, image, accountClaims } = props;
    const { name } = declaration;
    const bindAddress = props.bindAddress ?? declaration.server.bindAddress;
    const place = this.node.path;
    const issuer = tokenIssuer(place, declaration);
    checkTokenSchema(declaration);
    accountClaimsFunction(declaration, accountClaims);
    checkClients(place, props.clients);
    const lifetimes = resolveLifetimes(place, props.lifetimes);
    const port = checkPort(`${place}.port`, props.port ?? PORT);
    checkTrustProxy(place, issuer, props.trustProxy);
    database.reserveConnections?.(place, CONNECTIONS);
    const secrets = props.secrets ?? new SecretsDirectory({ name });
    const { password, keys, clients, signingKey } = secrets.tokenService(declaration, props.clients);
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

    const content = (secret: ISecretFile, fingerprint = secrets.fingerprint(secret)) => ({ secret, fingerprint });
    const keysContent = content(keys);
    const belonging = { name, deployment: secrets.identity };
    const provider = dockerProvider(this, props.dockerProvider);
    const encryptionKeys = declaration.tokens.encryption ? content(secrets.encryptionKeys().public) : undefined;
    const { containers, urls, written } = placeServer(
      this,
      tokenServiceServer(place, declaration, {
        ...props,
        issuer,
        lifetimes,
        trustProxy: props.trustProxy ?? false,
        arguments: options,
      }),
      {
        ...belonging,
        image,
        contents: {
          keys: keysContent,
          password: content(password),
          clients: content(clients),
          declaration: content(this.synthesized(declarationFile), fingerprint(needed)),
          ...(encryptionKeys && { 'encryption-keys': encryptionKeys }),
          ...(database.sslRootCertificate && { 'root-certificate': content(database.sslRootCertificate) }),
        },
        volumePrefix: `${name}-token-service`,
        network: databaseNetwork(this, database, `${name}-token-service`, belonging, provider),
        containers: [{ id: 'container', name: `${name}-token-service`, port }],
        bindAddress,
        options: props,
        dependsOn: [storage],
        provider,
      },
    );
    const container = containers[0]!;
    this.url = urls[0]! + pathOfIssuer(issuer);
    const ready = new DataResource(this, 'ready', {
      triggersReplace: {
        container: container.id,
        keys: keysContent.fingerprint,
        ...(encryptionKeys && { encryptionKeys: encryptionKeys.fingerprint }),
      },
      provisioners: [
        waitProvisioner(container, { hide: [new SecretFile(secrets.path)], url: `${this.url}/jwks`, signingKey }),
      ],
      dependsOn: [...written],
    });
    this.waitFor = [ready];
  }

  private synthesized(file: string): SecretFile {
    return new SecretFile(resolve(App.of(this).outdir, 'stacks', TerraformStack.of(this).node.id, file));
  }
}

/** Rejects an https issuer without `trustProxy`: only the user knows if the proxy passes the client's address on. */
function checkTrustProxy(place: string, issuer: string, trustProxy: boolean | undefined): void {
  if (trustProxy !== undefined || issuer.startsWith('http:')) return;
  refuse(
    'invalid_prop',
    `${place}.trustProxy`,
    'it is not said whether the proxy that has the certificate sets X-Forwarded-For',
    'give true if it does; with false everybody counts as one address',
  );
}
