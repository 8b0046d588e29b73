import type pg from 'pg';
import { raw, statementsOf } from '../../postgres/statements.ts';
import type { Session } from '../../apply/session.ts';
import { managedSchemas } from '../../compile/access.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { QualifiedName } from '../../declaration/types.ts';

const statement = statementsOf('access/probes');
const changeStatement = statementsOf('apply/statements');

/** A table or view as it is in the database. */
export interface Relation extends QualifiedName {
  readonly oid: number;
  /** True for a table: its rows have a `ctid`, and policies of their own. */
  readonly isTable: boolean;
  readonly columns: readonly string[];
  /** Columns of its primary key. */
  readonly key: readonly string[];
}

/** Rows to try. */
export interface KeptRows {
  readonly rows: number;
  /** True if the relation has more. */
  readonly truncated: boolean;
}

/** Reads a relation, and locks it until the end of the transaction. */
export async function readRelation(client: pg.ClientBase, { schema, name }: QualifiedName): Promise<Relation> {
  const sql = statement('relation', { schema, name });
  const { rows } = await client.query<{ oid: number; is_table: boolean; columns: string[]; key: string[] }>(sql);
  const [found] = rows;
  if (!found) {
    refuse('missing_object', `${schema}.${name}`, 'there is no such table or view', 'apply the declaration first');
  }
  const { oid, is_table: isTable, columns, key } = found;
  // As strong as CREATE POLICY needs it later: a lock that is upgraded may deadlock.
  if (isTable) await client.query(statement('lock_table', { schema, name }));
  return { schema, name, oid, isTable, columns, key };
}

/** Copies the rows, in the order of their keys, to a temporary table that every role can read. */
export async function keepRows(session: Session, relation: Relation, limit: number): Promise<KeptRows> {
  const { client } = session;
  const { schema, name, isTable } = relation;
  const key = relation.key.map((column) => `r.${quoteIdentifier(column)}`);
  const order = key.length > 0 ? key : ['row_to_json(r.*)::text'];
  const sql = statement('keep_rows', {
    schema,
    name,
    order: raw(order.join(', ')),
    key: raw(order.map((part) => `${part}::text`).join(', ')),
    place: raw(isTable ? 'r.tableoid AS part, r.ctid AS place' : 'NULL::oid AS part, NULL::tid AS place'),
    limit: String(limit + 1),
  });
  await pastPolicies(session, { ...relation, sql });
  const counted = await client.query<{ rows: number }>(statement('count_rows'));
  const rows = counted.rows[0]!.rows;
  if (rows <= limit) return { rows, truncated: false };
  await client.query(statement('drop_last_row'));
  return { rows: limit, truncated: true };
}

/**
 * Runs a statement past the policies. FORCE binds an owner that is no superuser, so this statement alone runs without
 * it: functions of the owner rely on FORCE. For a view, every table loses FORCE, since the view may read any of them, and
 * views read with the rights of the connected role, because policies may bind their owners.
 */
async function pastPolicies(
  session: Session,
  { oid, isTable, sql }: { oid: number; isTable: boolean; sql: string },
): Promise<void> {
  const { client, declaration } = session;
  const found = await client.query<{ schema: string; name: string }>(
    statement('binding_tables', { schemas: managedSchemas(declaration), only: raw(isTable ? String(oid) : 'NULL') }),
  );
  const tables = found.rows;
  const views = isTable ? [] : await readOwnerViews(session);
  for (const { schema, name } of tables) await client.query(changeStatement('no_force_row_security', { schema, name }));
  for (const view of views) await client.query(changeStatement('use_invoker_rights', { ...view }));
  await client.query(sql);
  for (const view of views) await client.query(statement('use_owner_rights', { ...view }));
  for (const { schema, name } of tables) await client.query(changeStatement('force_row_security', { schema, name }));
}

async function readOwnerViews({ client, declaration }: Session): Promise<readonly QualifiedName[]> {
  const sql = statement('owner_views', { schemas: managedSchemas(declaration) });
  return (await client.query<{ schema: string; name: string }>(sql)).rows;
}
