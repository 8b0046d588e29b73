import { managedSchemas } from '../../compile/access.ts';
import type { Session } from '../../apply/session.ts';
import { statementsOf } from '../../postgres/statements.ts';
import type { Relation } from './relation.ts';

const statement = statementsOf('access/probes');

/**
 * Lets the rollback undo every number that a command on the relation draws from a sequence. Where no code of users can run, these
 * are the table's own sequences. Otherwise it is each sequence, since a trigger may draw from any.
 */
export async function keepSequences(session: Session, relation: Relation): Promise<void> {
  const { client, declaration } = session;
  const schemas = managedSchemas(declaration);
  const sql = (await runsOwnCode(session, relation))
    ? statement('sequences', { schemas })
    : statement('table_sequences', { schemas, relation: String(relation.oid) });
  const { rows } = await client.query<{ schema: string; name: string }>(sql);
  if (rows.length > 0) await client.query(rows.map((row) => statement('keep_sequence', { ...row })).join(';\n'));
}

async function runsOwnCode({ client, declaration }: Session, { oid, isTable }: Relation): Promise<boolean> {
  if (!isTable || declaration.server.preRequest !== undefined) return true;
  const sql = statement('runs_own_code', { relation: String(oid), private: declaration.privateSchema });
  const { rows } = await client.query<{ runs_own_code: boolean }>(sql);
  return rows[0]!.runs_own_code;
}
