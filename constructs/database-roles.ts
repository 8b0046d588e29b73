import { Construct } from 'constructs';
import type { ApiRole, Declaration } from '../declaration/types.ts';
import { Fn, type ITerraformDependable } from './synth/cdk/core.ts';
import { type PostgresqlProvider, Role, type RoleConfig } from './synth/cdk/postgresql.ts';
import { needsWriteOnlyValues } from './synth/cdk/target-versions.ts';
import type { ISecrets } from './secrets/secrets.ts';

export interface DatabaseRolesProps {
  readonly declaration: Declaration;
  readonly secrets: ISecrets;
  /** Connected as an admin with CREATEROLE. */
  readonly provider: PostgresqlProvider;
  /** Connections that the authenticator may have open. @default unlimited */
  readonly connectionLimit?: number;
  /** Dependencies of the roles. @default none */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** Attributes that no API role may have. */
const UNPRIVILEGED = {
  superuser: false,
  createRole: false,
  createDatabase: false,
  replication: false,
  bypassRowLevelSecurity: false,
} as const;

/**
 * The roles of an API: the owner of its objects, the roles of its requests, and the authenticator, which can sign in
 * and become exactly the roles of requests.
 *
 * @example
 * const roles = new DatabaseRoles(this, 'roles', { declaration, secrets, provider });
 */
export class DatabaseRoles extends Construct {
  /** Names of the roles that requests run as. */
  readonly requestRoles: readonly string[];
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: DatabaseRolesProps) {
    super(scope, id);
    needsWriteOnlyValues(this);
    const { declaration, secrets, provider } = props;
    const requestRoles = [...(declaration.anonymous ? [declaration.anonymous] : []), ...declaration.users];

    // One after the other: a role exists before it is granted, is dropped after what holds it, and no two statements
    // meet in the catalogs, which would fail with "tuple concurrently updated".
    let previous = props.dependsOn ?? [];
    const add = (roleId: string, config: Omit<RoleConfig, 'provider' | 'dependsOn'>) => {
      previous = [new Role(this, roleId, { ...UNPRIVILEGED, ...config, dependsOn: [...previous], provider })];
    };

    add('owner', { name: declaration.owner, login: false });
    for (const role of inheritedFirst(requestRoles)) {
      add(role.name, {
        name: role.name,
        login: false,
        inherit: true,
        roles: [...role.inherits],
        statementTimeout: role.statementTimeoutMs,
        // The access SQL sets what the declaration has beyond the timeout; the provider would reset it.
        lifecycle: { ignoreChanges: ['search_path', 'idle_in_transaction_session_timeout', 'assume_role'] },
      });
    }
    secrets.authenticator.all(declaration.authenticator).forEach(({ role, password, verifier }, n) => {
      const isFirst = n === 0;
      add(isFirst ? 'authenticator' : 'authenticator-2', {
        name: role,
        login: true,
        // The second login has what the first one has, which inherits nothing itself.
        inherit: !isFirst,
        // The only place that declares memberships: `postgresql_grant_role` beside it would fight with it.
        roles: isFirst ? requestRoles.map(({ name }) => name) : [declaration.authenticator],
        passwordWo: Fn.file(verifier.relativeTo(this)),
        passwordWoVersion: secrets.fingerprint(password),
        ...(props.connectionLimit !== undefined && { connectionLimit: props.connectionLimit }),
      });
    });

    this.requestRoles = requestRoles.map((role) => role.name);
    this.waitFor = previous;
  }
}

/** The roles in an order in which each comes after those that it inherits. */
function inheritedFirst(roles: readonly ApiRole[]): ApiRole[] {
  const byName = new Map(roles.map((role) => [role.name, role]));
  const ordered = new Set<ApiRole>();
  const visit = (role: ApiRole) => {
    for (const name of role.inherits) visit(byName.get(name)!);
    ordered.add(role);
  };
  roles.forEach(visit);
  return [...ordered];
}
