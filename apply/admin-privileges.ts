import type pg from 'pg';
import { refuse, type SecuredPostgrestError } from '../errors/secured-postgrest-error.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { packageTemplate } from '../postgres/template.ts';
import type { Declaration } from '../declaration/types.ts';
import { declaredRoles } from '../compile/catalog-scope.ts';
import { failed } from './run-steps.ts';
import type { Session } from './session.ts';
import { INSUFFICIENT_PRIVILEGE } from '../postgres/sqlstate.ts';

/** Privileges that an admin lacks, and the statements that grant them. */
export interface LackingPrivileges {
  readonly database: string;
  readonly problem: string;
  readonly fix: string;
}

interface Admin {
  readonly admin: string;
  readonly superuser: boolean;
  readonly create_role: boolean;
  readonly database: string;
  readonly owned: boolean;
  /** Declared roles that exist, and on which the admin needs the ADMIN option. */
  readonly unadministered: readonly string[];
  /** Roles that can grant all of them. */
  readonly administrators: readonly string[];
  /** The role that a managed service gives its customers in the place of a superuser. */
  readonly service_role: string | null;
}

/**
 * Reads the privileges that the connected admin lacks to deploy a declaration; undefined if it lacks none.
 *
 * @param declaration with the roles that the admin must be able to change. @default the database and CREATEROLE only
 */
export async function lackingPrivileges(
  client: pg.ClientBase,
  declaration?: Declaration,
): Promise<LackingPrivileges | undefined> {
  const values = [declaration ? declaredRoles(declaration) : [], declaration?.owner ?? ''];
  const { rows } = await client.query<Admin>(packageTemplate('apply/admin').sql, values);
  const { admin, superuser, create_role, database, owned, unadministered, administrators, service_role } = rows[0]!;
  if (superuser) return undefined;
  const name = quoteIdentifier(admin);
  const privileged = service_role === null ? 'a superuser' : `a member of ${service_role}`;
  const administrator = administrators[0] === undefined ? privileged : `"${administrators[0]}"`;
  const lacking = [
    ...(owned ? [] : [['does not own it', `ALTER DATABASE ${quoteIdentifier(database)} OWNER TO ${name}`, privileged]]),
    ...(create_role ? [] : [['has not CREATEROLE', `ALTER ROLE ${name} CREATEROLE`, privileged]]),
    ...(unadministered.length === 0
      ? []
      : [
          [
            `has not the ADMIN option on ${unadministered.join(', ')}`,
            `GRANT ${unadministered.map(quoteIdentifier).join(', ')} TO ${name} WITH ADMIN OPTION`,
            administrator,
          ],
        ]),
  ];
  if (lacking.length === 0) return undefined;
  return {
    database,
    problem: `"${admin}" ${lacking.map(([problem]) => problem).join(', and ')}`,
    fix: lacking.map(([, sql, who]) => `run as ${who}: ${sql}`).join('; '),
  };
}

/**
 * Rejects an admin that lacks privileges to deploy a declaration, before anything is changed.
 *
 * @throws SecuredPostgrestError `missing_privilege`
 */
export async function checkPrivileges({ client, declaration }: Session): Promise<void> {
  const lacking = await lackingPrivileges(client, declaration);
  if (lacking) refuse('missing_privilege', `database ${lacking.database}`, lacking.problem, lacking.fix);
}

/** Throws the error of a failed run. If the admin lacks privileges, the error names the statements that grant them. */
export async function explainPrivileges({ client, declaration }: Session, error: unknown): Promise<never> {
  const { code, cause } = error as Partial<SecuredPostgrestError>;
  const denied = [cause, error].find((one) => (one as { code?: string } | undefined)?.code === INSUFFICIENT_PRIVILEGE);
  // A migration runs as the declaration's owner, whose privileges are not the admin's.
  if (denied === undefined || code === 'migration_failed') throw error;
  const lacking = await lackingPrivileges(client, declaration).catch(() => undefined);
  if (!lacking) throw error;
  return failed('missing_privilege', `database ${lacking.database}`, denied as Error, lacking.fix);
}
