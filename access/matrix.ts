import type { DatabaseConnection } from '../postgres/connect.ts';
import { COMMANDS } from '../declaration/commands.ts';
import { effectiveRoles } from '../declaration/roles.ts';
import type { Command, Declaration, Table, View } from '../declaration/types.ts';
import { withClient } from '../postgres/with-client.ts';
import { sessionOf, type Session } from '../apply/session.ts';
import { probeRelation } from './map/probe-relation.ts';
import type { Reach } from './map/reach.ts';
import { roleOf } from './map/request.ts';
import { checkSubjects, type Subject, type Subjects } from './subjects.ts';

/** Rows that each subject reaches, as plain data. */
export interface AccessMatrix {
  /** Name of the declaration. */
  readonly name: string;
  readonly subjects: readonly string[];
  /** Every declared table, then every view. */
  readonly relations: readonly RelationAccess[];
}

/** Reach of every subject in one table or view. */
export interface RelationAccess {
  readonly schema: string;
  readonly name: string;
  /** Number of rows that were tried. */
  readonly rows: number;
  /** True if the relation has more rows. */
  readonly truncated: boolean;
  /** One cell for every subject and every command. */
  readonly cells: readonly AccessCell[];
}

/** Reach of one subject with one command. */
export interface AccessCell {
  readonly subject: string;
  readonly command: Command;
  readonly reach: Reach;
  /** True if the command is declared for the role, or for a role that it inherits. */
  readonly declared: boolean;
}

/** Options of {@link accessMatrix}. */
export interface AccessMatrixOptions {
  /** Maximum number of rows to try in each table and view. @default 1000 */
  readonly limit?: number;
}

/**
 * Measures which rows of every declared table and view each subject reaches; see `probeAccess` for the rules. The
 * database does not change. Each table is locked while it is measured, so requests wait for a moment.
 *
 * @example
 * const matrix = await accessMatrix(admin, declaration, {
 *   anonymous: undefined,
 *   ann: { role: 'todos_user', claims: { user_id: 1 } },
 * });
 * console.log(matrixText(matrix));
 *
 * @param connection of the admin that deploys
 * @throws SecuredPostgrestError `unknown_role`, `invalid_prop`, `missing_object`, `access_sql_failed`
 */
export async function accessMatrix(
  connection: DatabaseConnection,
  declaration: Declaration,
  subjects: Subjects,
  { limit }: AccessMatrixOptions = {},
): Promise<AccessMatrix> {
  checkSubjects(declaration, subjects);
  const relations: RelationAccess[] = [];
  const declared = [...declaration.tables, ...declaration.views];
  for (let first = 0; first < declared.length; first += RELATIONS_OF_SESSION) {
    await withClient(connection, async (client) => {
      const session = sessionOf(client, declaration);
      for (const relation of declared.slice(first, first + RELATIONS_OF_SESSION)) {
        relations.push(await measureRelation(session, relation, { subjects, limit }));
      }
    });
  }
  return { name: declaration.name, subjects: Object.keys(subjects), relations };
}

/**
 * The rollback of a measurement drops its functions. But a session keeps their plans to its end, and examines all of them whenever
 * a catalog changes. A new session has none.
 */
const RELATIONS_OF_SESSION = 50;

async function measureRelation(
  session: Session,
  relation: Table | View,
  { subjects, limit }: { readonly subjects: Subjects; readonly limit: number | undefined },
): Promise<RelationAccess> {
  const probe = { relation, commands: COMMANDS, subjects: Object.values(subjects), limit };
  const { reaches, rows, truncated } = await probeRelation(session, probe);
  const cells = Object.entries(subjects).flatMap(([subject, who], index) =>
    COMMANDS.map((command) => ({
      subject,
      command,
      reach: reaches.get(command)![index]!,
      declared: isDeclared(session.declaration, relation, command, who),
    })),
  );
  return { schema: relation.schema, name: relation.name, rows, truncated, cells };
}

function isDeclared(
  declaration: Declaration,
  { grants }: Table | View,
  command: Command,
  subject: Subject | undefined,
): boolean {
  const role = roleOf(declaration, subject);
  // It has every privilege, and policies alone decide.
  if (role === declaration.owner) return true;
  const roles = role === undefined ? new Set() : effectiveRoles(role, declaration);
  return grants.some((grant) => grant.command === command && roles.has(grant.role));
}
