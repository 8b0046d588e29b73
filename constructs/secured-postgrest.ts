import { PostgresqlProvider } from '@cdktf/provider-postgresql/lib/provider/index.js';
import { Fn, type ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { Declaration } from '../declaration/types.ts';
import { AccessSql } from './access-sql.ts';
import { DatabaseRoles } from './database-roles.ts';
import { dockerProvider } from './docker-provider.ts';
import { KeySet } from './key-set.ts';
import type { IPostgresDatabase } from './postgres-database.ts';
import { postgrestImage, PostgrestServer, type ServerContainerProps } from './postgrest-server.ts';
import type { SecretFile } from './secret-file.ts';
import { SecretsDirectory } from './secrets-directory.ts';

export interface SecuredPostgrestProps extends ServerContainerProps {
  /** What `declare()` returned. */
  readonly declaration: Declaration;
  /** The database, in this stack or in another one. */
  readonly database: IPostgresDatabase;
  /** @default the secrets directory `.secrets/<the declaration's name>` */
  readonly secrets?: SecretsDirectory;
  /** Connected to `database` as its admin. @default a provider made from `database` */
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
  /** URL of the first server. */
  readonly url: string;
  /** URL of each server. */
  readonly urls: readonly string[];
  /** Names of the roles that requests run as. */
  readonly roleNames: readonly string[];
  /** The key set that tokens are verified with, on the machine that deploys. */
  readonly jwksFile: SecretFile;
  /** What must be waited for until the API answers. */
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: SecuredPostgrestProps) {
    super(scope, id);
    const { declaration, database } = props;
    const secrets = props.secrets ?? new SecretsDirectory({ name: declaration.name });
    const docker = dockerProvider(this, props.dockerProvider);
    const databaseReady = this.waitForDatabase(database);

    const roles = new DatabaseRoles(this, 'roles', {
      declaration,
      secrets,
      provider: props.postgresqlProvider ?? this.adminProvider(database),
      ...(props.connectionLimit !== undefined && { connectionLimit: props.connectionLimit }),
      dependsOn: databaseReady,
    });
    const access = new AccessSql(this, 'access', {
      declaration,
      database,
      dependsOn: roles.waitFor,
    });
    const keys = new KeySet(this, 'keys', {
      declaration,
      secrets,
      database,
      image: props.image ?? postgrestImage(declaration),
      dependsOn: access.waitFor,
      dockerProvider: docker,
    });
    const server = new PostgrestServer(this, 'server', {
      ...props,
      secrets,
      keys,
      dependsOn: access.waitFor,
      dockerProvider: docker,
    });

    this.url = server.url;
    this.urls = server.urls;
    this.roleNames = roles.requestRoles;
    this.jwksFile = keys.jwksFile;
    this.waitFor = [...server.waitFor, ...keys.waitFor];
  }

  /** Terraform can't wait for a resource of another stack, so there the whole stack comes first. */
  private waitForDatabase(database: IPostgresDatabase): readonly ITerraformDependable[] {
    const stack = TerraformStack.of(this);
    const other = TerraformStack.of(database);
    if (stack === other) return database.waitFor;
    stack.addDependency(other);
    return [];
  }

  private adminProvider(database: IPostgresDatabase): PostgresqlProvider {
    return new PostgresqlProvider(this, 'postgresql', {
      // A provider without an alias would be the default one of every other `postgresql_*` resource in the stack.
      alias: TerraformStack.of(this).getLogicalId(this.node),
      host: database.host,
      port: database.port,
      database: database.database,
      username: database.adminUser,
      password: Fn.chomp(Fn.file(database.adminPassword.relativeTo(this))),
      sslmode: database.sslmode,
      ...(database.sslRootCertificate && { sslrootcert: database.sslRootCertificate.relativeTo(this) }),
      // Says that the provider shall not read passwords back into the state, which superusers can.
      superuser: false,
      connectTimeout: 15,
    });
  }
}
