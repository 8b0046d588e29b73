import type { DatabaseConnection } from '../postgres/connect.ts';
import { COMMANDS } from '../declaration/commands.ts';
import { effectiveRoles } from '../declaration/roles.ts';
import type { Command, Declaration, Table, View } from '../declaration/types.ts';
import { withClient } from '../postgres/with-client.ts';
import { probeRelation } from './map/probe-relation.ts';
import type { Reach } from './map/reach.ts';
import { roleOf } from './map/request.ts';
import type { Subject, Subjects } from './subjects.ts';

/** Rows that each subject reaches, as plain data. */
export interface AccessMatrix {
  /** Name of the declaration. */
  readonly name: string;
  readonly subjects: readonly string[];
  /** Every declared table, then every view. */
  readonly relations: readonly RelationAccess[];
}

export interface RelationAccess {
  readonly schema: string;
  readonly name: string;
  /** How many rows were tried. */
  readonly rows: number;
  /** True if there are more. */
  readonly truncated: boolean;
  /** Every subject with every command. */
  readonly cells: readonly AccessCell[];
}

export interface AccessCell {
  readonly subject: string;
  readonly command: Command;
  readonly reach: Reach;
  /** True if the command is declared for the role, or for one that it inherits. */
  readonly declared: boolean;
}

export interface AccessMatrixOptions {
  /** How many rows of each table and view are tried at most. @default 1000 */
  readonly limit?: number;
}

/**
 * Measures who reaches which rows of every declared table and view; see `probeAccess` for what that means. Nothing is
 * changed. Each table is locked while it is measured, so requests wait for a moment.
 *
 * @example
 * const matrix = await accessMatrix(admin, declaration, {
 *   anonymous: undefined,
 *   ann: { role: 'todos_user', claims: { user_id: 1 } },
 * });
 * console.log(matrixText(matrix));
 *
 * @param connection of the admin who applies
 * @throws SecuredPostgrestError `missing_object`, `access_sql_failed`
 */
export function accessMatrix(
  connection: DatabaseConnection,
  declaration: Declaration,
  subjects: Subjects,
  { limit }: AccessMatrixOptions = {},
): Promise<AccessMatrix> {
  return withClient(connection, async (client) => {
    const relations: RelationAccess[] = [];
    for (const relation of [...declaration.tables, ...declaration.views]) {
      const probe = { relation, commands: COMMANDS, subjects: Object.values(subjects), limit };
      const { reaches, rows, truncated } = await probeRelation(client, declaration, probe);
      const cells = Object.entries(subjects).flatMap(([subject, who], index) =>
        COMMANDS.map((command) => ({
          subject,
          command,
          reach: reaches.get(command)![index]!,
          declared: isDeclared(declaration, relation, command, who),
        })),
      );
      relations.push({ schema: relation.schema, name: relation.name, rows, truncated, cells });
    }
    return { name: declaration.name, subjects: Object.keys(subjects), relations };
  });
}

function isDeclared(
  declaration: Declaration,
  { grants }: Table | View,
  command: Command,
  subject: Subject | undefined,
): boolean {
  const role = roleOf(declaration, subject);
  const roles = role === undefined ? new Set() : effectiveRoles(role, declaration);
  return grants.some((grant) => grant.command === command && roles.has(grant.role));
}
