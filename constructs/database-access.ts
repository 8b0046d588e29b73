import { Construct, type IConstruct } from 'constructs';
import type { Declaration } from '../declaration/types.ts';
import { Fn, type ITerraformDependable, TerraformStack } from './synth/cdk/core.ts';
import { PostgresqlProvider } from './synth/cdk/postgresql.ts';
import { AccessSql } from './access-sql.ts';
import { DatabaseRoles } from './database-roles.ts';
import type { IPostgresDatabase } from './postgres-database.ts';
import type { ISecrets } from './secrets/secrets.ts';
import { SecretsDirectory } from './secrets/secrets-directory.ts';
import { waitAcross } from './synth/wait-across.ts';

/** Roles and access of a declaration, in this stack or in another one. */
export interface IDatabaseAccess extends IConstruct {
  /** Names of the roles that requests run as. */
  readonly roleNames: readonly string[];
  /** Dependencies to wait for until the declaration is applied. */
  readonly waitFor: readonly ITerraformDependable[];
}

export interface DatabaseAccessProps {
  /** The result of `declare()`. */
  readonly declaration: Declaration;
  /** The database, in this stack or in another one. */
  readonly database: IPostgresDatabase;
  /** @default the secrets directory `.secrets/<the declaration's name>` */
  readonly secrets?: ISecrets;
  /** Connected to `database` as its admin. @default a provider made from `database` */
  readonly postgresqlProvider?: PostgresqlProvider;
  /** Connections that the authenticator may have open. @default unlimited */
  readonly connectionLimit?: number;
}

/**
 * The roles of a declaration, and everything inside of its database. In a stack of its own before that of the servers, a
 * deploy whose SQL fails does not touch them.
 *
 * @example
 * const access = new DatabaseAccess(this, 'access', { declaration, database });
 *
 * @throws SecuredPostgrestError `unreadable_secret`, `insecure_secret_file`
 */
export class DatabaseAccess extends Construct implements IDatabaseAccess {
  /** Names of the roles that requests run as. */
  readonly roleNames: readonly string[];
  readonly declaration: Declaration;
  readonly database: IPostgresDatabase;
  readonly secrets: ISecrets;
  readonly sql: AccessSql;
  /** SQL that the next deploy runs, in a line each. {@link observe} sets it. @default none is known */
  pendingSql?: readonly string[];
  /** Dependencies to wait for until the declaration is applied. */
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: DatabaseAccessProps) {
    super(scope, id);
    const { declaration, database, secrets = new SecretsDirectory({ name: declaration.name }) } = props;
    const roles = new DatabaseRoles(this, 'roles', {
      declaration,
      secrets,
      provider: props.postgresqlProvider ?? this.adminProvider(database),
      ...(props.connectionLimit !== undefined && { connectionLimit: props.connectionLimit }),
      dependsOn: waitAcross(this, database),
    });
    this.declaration = declaration;
    this.database = database;
    this.secrets = secrets;
    this.sql = new AccessSql(this, 'sql', { declaration, database, dependsOn: roles.waitFor });
    this.roleNames = roles.requestRoles;
    this.waitFor = this.sql.waitFor;
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
