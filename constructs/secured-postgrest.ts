import { Construct } from 'constructs';
import { postgrestImage } from '../compile/images.ts';
import type { Declaration } from '../declaration/types.ts';
import { type ITerraformDependable, TerraformStack } from './synth/cdk/core.ts';
import type { PostgresqlProvider } from './synth/cdk/postgresql.ts';
import { DatabaseAccess, type IDatabaseAccess } from './database-access.ts';
import { dockerProvider } from './docker/docker-provider.ts';
import { Gateway, type GatewayContainerProps } from './gateway.ts';
import { KeySet } from './key-set.ts';
import type { IPostgresDatabase } from './postgres-database.ts';
import { PostgrestServer, type ServerContainerProps } from './postgrest-server.ts';
import type { ISecretFile } from './secrets/secret-file.ts';
import type { ISecrets } from './secrets/secrets.ts';
import { SecretsDirectory } from './secrets/secrets-directory.ts';
import { waitAcross } from './synth/wait-across.ts';

export interface SecuredPostgrestProps extends ServerContainerProps {
  /** The result of `declare()`. */
  readonly declaration: Declaration;
  /** The database, in this stack or in another one. */
  readonly database: IPostgresDatabase;
  /** @default the secrets directory `.secrets/<the declaration's name>` */
  readonly secrets?: ISecrets;
  /**
   * Roles and access, made elsewhere: best in a stack of their own. In one stack, a deploy that fails in the SQL and would
   * also have replaced the servers has removed them by then; the next deploy that succeeds brings them back.
   * @default made here
   */
  readonly access?: IDatabaseAccess;
  /**
   * nginx in front of the servers, with the options given. The ports of the servers are then published on 127.0.0.1 alone. Where
   * `access` and `database` belong to other stacks, Docker chooses these ports, and new servers answer before old ones end.
   * @default false
   */
  readonly gateway?: GatewayContainerProps | false;
  /** Connected to `database` as its admin; not used where `access` is given. @default a provider made from `database` */
  readonly postgresqlProvider?: PostgresqlProvider;
}

/**
 * A secured PostgREST API in front of a database: roles, access SQL, keys and servers, from one declaration.
 *
 * @example
 * const database = new PostgresDatabase(this, 'database', { name: declaration.name });
 * const api = new SecuredPostgrest(this, 'api', { declaration, database });
 * new TerraformOutput(this, 'url', { value: api.url });
 *
 * @throws SecuredPostgrestError `invalid_prop`, `unreadable_secret`, `insecure_secret_file`, and what reading keys refuses
 */
export class SecuredPostgrest extends Construct {
  /** URL of the API: of the gateway, or of the first server. */
  readonly url: string;
  /** URL of each server. */
  readonly urls: readonly string[];
  /** Names of the roles that requests run as. */
  readonly roleNames: readonly string[];
  /** The key set that tokens are verified with, on the machine that deploys. */
  readonly jwksFile: ISecretFile;
  /** The gateway; undefined where there is none. */
  readonly gateway: Gateway | undefined;
  /** Dependencies to wait for until the API answers. */
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: SecuredPostgrestProps) {
    super(scope, id);
    const { declaration } = props;
    const secrets = props.secrets ?? new SecretsDirectory({ name: declaration.name });
    const docker = dockerProvider(this, props.dockerProvider);
    const access = props.access ?? new DatabaseAccess(this, 'access', { ...props, secrets });
    const dependsOn = waitAcross(this, access);

    const keys = new KeySet(this, 'keys', {
      declaration,
      secrets,
      image: props.image ?? postgrestImage(declaration),
      dependsOn,
      dockerProvider: docker,
    });
    const updateOrder =
      props.gateway && dependsOn.length === 0 && isApart(this, props.database) ? 'start-first' : 'stop-first';
    const server = new PostgrestServer(this, 'server', {
      ...props,
      secrets,
      keys,
      dependsOn,
      updateOrder,
      ...(props.gateway && { bindAddress: '127.0.0.1' }),
      ...(props.gateway && props.gateway.tokenOpener && { behindOpener: true }),
      dockerProvider: docker,
    });
    this.gateway = props.gateway
      ? new Gateway(this, 'gateway', {
          dockerProvider: docker,
          ...props.gateway,
          declaration,
          secrets,
          servers: server.addresses,
          serverVersion: server.version,
          network: server.network,
          updateOrder,
          dependsOn: server.waitFor,
        })
      : undefined;

    this.url = this.gateway?.url ?? server.url;
    this.urls = server.urls;
    this.roleNames = access.roleNames;
    this.jwksFile = keys.jwksFile;
    this.waitFor = [...server.waitFor, ...keys.waitFor, ...(this.gateway?.waitFor ?? [])];
  }
}

/** True if nothing that the database consists of is in the stack: Terraform would replace it in the same order as the servers. */
function isApart(scope: Construct, database: IPostgresDatabase): boolean {
  return database.waitFor.length === 0 || TerraformStack.of(database) !== TerraformStack.of(scope);
}
