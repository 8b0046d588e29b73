import { secondLogin } from '../declaration/roles.ts';
import { packageTemplate } from '../postgres/template.ts';
import type { Declaration } from '../declaration/types.ts';
import { checkPrivileges } from './admin-privileges.ts';
import { audit } from '../audit/audit.ts';
import { readCatalog } from '../postgres/catalog/read-catalog.ts';
import { connect, type DatabaseConnection } from '../postgres/connect.ts';
import { readDifference, reading, type Difference } from './diff.ts';
import { deploymentOf, isRevisionOf } from './revision.ts';
import type { Session } from './session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/** State of a database before a deploy. */
export interface ObservedDatabase {
  /** Revision that the last run recorded. */
  readonly revision: string | undefined;
  readonly asDeclared: boolean;
  /** Migrations and statements that a deploy will run. @default none, or the comparison failed */
  readonly difference?: Difference;
  /** Deployment whose servers use the database, if it is another one. */
  readonly foreign?: string;
  /** Declared roles that exist and that this deployment can adopt. */
  readonly roles: readonly string[];
}

/**
 * Inspects a database without changing it.
 *
 * @throws SecuredPostgrestError `database_unreachable`, `unsupported_database`, `transaction_pooler`,
 *   `missing_privilege`; errors of `pg` if the connection is lost
 */
export async function observeDatabase(
  connection: DatabaseConnection,
  declaration: Declaration,
  deployment: string,
): Promise<ObservedDatabase> {
  return reading(await connect(connection, 'impatient'), declaration, async (session) => {
    const revision = await recordedRevision(session);
    const roles = await adoptableRoles(session, isRevisionOf(deployment, revision));
    const other = deploymentOf(revision);
    const isForeign = other !== undefined && other !== deployment && (await usesLogin(session, roles));
    // A foreign deployment has other roles.
    if (!isForeign) await checkPrivileges(session);
    const compared = await compare(session);
    return {
      revision,
      ...compared,
      roles,
      ...(isForeign && { foreign: other }),
    };
  });
}

async function recordedRevision({ client, declaration }: Session): Promise<string | undefined> {
  const sql = statement('read_revision', { private: declaration.privateSchema });
  return (await client.query<{ revision: string | null }>(sql)).rows[0]?.revision ?? undefined;
}

/** Tests if another deployment's login exists. A restored backup has a revision, but not the server's roles. */
async function usesLogin({ client, declaration }: Session, adoptable: readonly string[]): Promise<boolean> {
  const { authenticator } = declaration;
  const { rows } = await client.query<{ exists: boolean }>(statement('role_exists', { role: authenticator }));
  return rows[0]!.exists && !adoptable.includes(authenticator);
}

async function adoptableRoles({ client, declaration, scope }: Session, ours: boolean): Promise<string[]> {
  const { sql } = packageTemplate('postgres/catalog/adoptable-roles');
  const { privateSchema, authenticator } = declaration;
  const values = [[...scope.roles, secondLogin(authenticator)], ours, privateSchema, authenticator];
  const { rows } = await client.query<{ name: string }>(sql, values);
  return rows.map(({ name }) => name);
}

/** Compares a database with its declaration. An error counts as a difference: the next run reports its cause. */
async function compare(session: Session): Promise<Pick<ObservedDatabase, 'asDeclared' | 'difference'>> {
  try {
    const catalog = await readCatalog(session);
    const difference = await readDifference(session, catalog);
    const { migrations, statements, missing } = difference;
    if (migrations.length + statements.length + missing.length > 0) return { asDeclared: false, difference };
    return { asDeclared: audit(session.declaration, catalog, []).every(({ level }) => level !== 'error') };
  } catch {
    return { asDeclared: false };
  }
}
