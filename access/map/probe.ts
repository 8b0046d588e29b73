import type { Reach } from './reach.ts';
import type pg from 'pg';
import type { Command, Declaration, QualifiedName } from '../../declaration/types.ts';
import { sessionOf } from '../../apply/session.ts';
import { probeRelation } from './probe-relation.ts';
import type { Subject } from '../subjects.ts';

export interface AccessProbe {
  readonly relation: QualifiedName;
  readonly command: Command;
  /** Undefined is a request without a token. */
  readonly subject: Subject | undefined;
  /** How many rows are tried at most. @default 1000 */
  readonly limit?: number;
}

/**
 * Measures which rows somebody reaches with a command, by trying it on each of them: as PostgREST would, with the role,
 * the claims and the pre-request check, but in SQL. It is all one transaction that is rolled back, and locks the table
 * meanwhile; the client must not be in a transaction.
 *
 * What is measured is the most that any request can do:
 *
 * - `select`, `update` and `delete` have no condition. One with a condition, or that asks for rows back, has to pass the
 *   policies for `select` as well, and reaches less. On a view each row has to be named, so there it does count.
 * - `update` gives a row the values that it has, in all columns that the role may update.
 * - `insert` adds a copy of a row, in all columns that the role may insert: the key of a copied row says that such a row
 *   may be added. Where there is none to be copied, a row of defaults is tried, with the key `DEFAULT VALUES`.
 * - A row that breaks a constraint was reached: Postgres asks for policies first. One that a trigger refuses was not.
 * - Where row security is off for the role, `select`, `update` and `delete` reach every row; triggers are not asked.
 *
 * A token that has expired, or is signed by nobody, is the server's matter. What a rollback does not undo stays: numbers
 * drawn from sequences outside the managed schemas, and whatever triggers do outside of the database.
 *
 * @example
 * const ann = { role: 'todos_user', claims: { user_id: 1 } };
 * const relation = { schema: 'api', name: 'todos' };
 * await probeAccess(client, declaration, { relation, command: 'delete', subject: ann });
 * // { rows: ['1', '2'], columns: [] }
 *
 * @param client connected as the admin who applies: a superuser, or a member of the owner role
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
