import type { Construct } from 'constructs';
import type { Server } from '../compile/server/server.ts';
import type { GivenLimits } from '../compile/server/limits.ts';
import { tokenServiceServer } from '../compile/server/token-service-server.ts';
import { accountClaimsFunction } from '../declaration/token-service/account-claims.ts';
import { checkClients, type TokenServiceClient } from '../declaration/token-service/token-clients.ts';
import { tokenIssuer } from '../declaration/token-service/token-issuer.ts';
import { type Lifetimes, resolveLifetimes } from '../declaration/token-service/token-lifetimes.ts';
import { checkTokenSchema, forTokenService } from '../declaration/token-service/token-service.ts';
import type { Declaration } from '../declaration/types.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { packageTemplate } from '../postgres/template.ts';
import { adminConnection } from './admin-connection.ts';
import { fingerprint } from './fingerprint.ts';
import type { IPostgresDatabase } from './postgres-database.ts';
import type { ISecretFile } from './secrets/secret-file.ts';
import type { ISecrets } from './secrets/secrets.ts';
import { SecretsDirectory } from './secrets/secrets-directory.ts';
import type { ITerraformDependable } from './synth/cdk/core.ts';
import { dataResource } from './synth/data-resource.ts';
import { cliProvisioner } from './synth/cli-command.ts';
import { type SynthesizedFile, synthesizedFile } from './synth/synthesized-file.ts';
import { type IAwaitable, waitAcross } from './synth/wait-across.ts';

/** Options of a token service, wherever it runs. */
export interface TokenServiceInput extends GivenLimits {
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
  /** CPUs that the service may use. @default 1 */
  readonly cpus?: number;
}

/** A secret of the service, and what changes with it. */
interface SecretContent {
  readonly secret: ISecretFile;
  readonly fingerprint: string;
}

export interface DescribedTokenService {
  readonly server: Server;
  readonly secrets: ISecrets;
  readonly issuer: string;
  /** Id of the key that signs. */
  readonly signingKey: string;
  /** The server's secret files, by their ids. */
  readonly contents: Readonly<Record<string, SecretContent>>;
  /** The server's file `declaration`, which is no secret. */
  readonly declaration: SynthesizedFile & { readonly text: string; readonly fingerprint: string };
  /** Makes what the service needs in the database. */
  readonly storage: ITerraformDependable;
}

/** Connections to the database that a service opens at most. */
const CONNECTIONS = 10;

/** How a token service runs. */
interface TokenServicePlace {
  /** Address that it listens at for others, over TLS. @default every IPv4 address */
  readonly tlsListenHost?: string;
  /** Number of services that open connections. @default 1 */
  readonly services?: number;
  /** Key and certificate with which others reach it over TLS. @default they reach it over HTTP */
  readonly certificate?: ISecretFile;
}

/**
 * The token service of a declaration, with its files, and its storage in the database.
 *
 * @throws SecuredPostgrestError `invalid_prop`, `weak_secret`, `schema_not_exposable`, `unsupported_algorithm`, `unreadable_secret`,
 * `insecure_secret_file`, and what reading keys refuses
 */
export function describedTokenService(
  scope: Construct,
  props: TokenServiceInput,
  { services = 1, certificate, tlsListenHost }: TokenServicePlace = {},
): DescribedTokenService {
  const { declaration, database, accountClaims, trustProxy } = props;
  const place = scope.node.path;
  const issuer = tokenIssuer(place, declaration);
  checkTokenSchema(declaration);
  accountClaimsFunction(declaration, accountClaims);
  checkClients(place, props.clients);
  const lifetimes = resolveLifetimes(place, props.lifetimes);
  checkTrustProxy(place, issuer, trustProxy);
  database.reserveConnections?.(place, services * CONNECTIONS);
  const secrets = props.secrets ?? new SecretsDirectory({ name: declaration.name });
  const { password, keys, clients, signingKey } = secrets.tokenService(declaration, props.clients);
  const text = JSON.stringify(forTokenService(declaration), undefined, 2);
  const file = synthesizedFile(scope, 'declaration.json', text);
  const options = accountClaims === undefined ? [] : ['--account-claims', accountClaims];

  const storage = dataResource(scope, 'storage', {
    triggersReplace: {
      sql: fingerprint(packageTemplate('token-service/storage').sql, text, ...options),
      database: database.identity,
      password: secrets.fingerprint(password),
    },
    provisioners: [
      cliProvisioner(
        'token-service',
        ...['setup', file.file],
        ...adminConnection(scope, database),
        ...['--service-password-file', password.relativeTo(scope)],
        ...options,
      ),
    ],
    dependsOn: [...waitAcross(scope, database), ...waitAcross(scope, props.api)],
  });

  const content = (secret: ISecretFile) => ({ secret, fingerprint: secrets.fingerprint(secret) });
  const server = tokenServiceServer(place, declaration, {
    ...props,
    issuer,
    lifetimes,
    trustProxy: trustProxy ?? false,
    hasTls: certificate !== undefined,
    ...(tlsListenHost !== undefined && { tlsListenHost }),
    arguments: options,
  });
  return {
    server,
    secrets,
    issuer,
    signingKey,
    contents: {
      keys: content(keys),
      password: content(password),
      clients: content(clients),
      ...(declaration.tokens.encryption && { 'encryption-keys': content(secrets.encryptionKeys().public) }),
      ...(certificate && { certificate: content(certificate) }),
      ...(database.sslRootCertificate && { 'root-certificate': content(database.sslRootCertificate) }),
    },
    declaration: { text, ...file, fingerprint: fingerprint(text) },
    storage,
  };
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
