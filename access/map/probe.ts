import type { Reach } from './reach.ts';
import type pg from 'pg';
import type { Command, Declaration, QualifiedName } from '../../declaration/types.ts';
import { sessionOf } from '../../apply/session.ts';
import { probeRelation } from './probe-relation.ts';
import type { Subject } from '../subjects.ts';

/** One command of one subject on one table or view. */
export interface AccessProbe {
  readonly relation: QualifiedName;
  readonly command: Command;
  /** Undefined for a request without a token. */
  readonly subject: Subject | undefined;
  /** Maximum number of rows to try. @default 1000 */
  readonly limit?: number;
}

/**
 * Measures which rows a subject reaches with a command, by trying it on each row: as PostgREST would, with the role,
 * the claims and the pre-request check, but in SQL. All of it is one transaction, which locks the table and is rolled
 * back. The client must not be in a transaction.
 *
 * The result is the most that any request can do:
 *
 * - `select`, `update` and `delete` have no condition. A request with a condition, or that returns rows, must also pass
 *   the policies for `select`, and reaches less. On a view each row must be named, so there the condition counts.
 * - `update` sets a row's own values, in all columns that the role may update.
 * - `insert` adds a copy of a row, in all columns that the role may insert. The key of a copied row means that the role
 *   may add such a row. If there is no row to copy, a row of defaults is tried, with the key `DEFAULT VALUES`.
 * - A row that breaks a constraint was reached: Postgres checks policies first. A row that a trigger rejects was not.
 * - If row security is off for the role, `select`, `update` and `delete` reach every row; triggers do not run.
 *
 * Expired and unsigned tokens are the server's concern. A rollback does not undo numbers drawn from sequences outside
 * the managed schemas, nor what triggers do outside the database.
 *
 * @example
 * const ann = { role: 'todos_user', claims: { user_id: 1 } };
 * const relation = { schema: 'api', name: 'todos' };
 * await probeAccess(client, declaration, { relation, command: 'delete', subject: ann });
 * // { rows: ['1', '2'], columns: [] }
 *
 * @param client connected as the admin that deploys: a superuser, or a member of the owner role
 * @throws SecuredPostgrestError `missing_object`, `access_sql_failed`
 */
export async function probeAccess(
  client: pg.ClientBase,
  declaration: Declaration,
  { relation, command, subject, limit }: AccessProbe,
): Promise<Reach> {
  const probe = { relation, commands: [command], subjects: [subject], limit };
  const { reaches } = await probeRelation(sessionOf(client, declaration), probe);
  return reaches.get(command)![0]!;
}
