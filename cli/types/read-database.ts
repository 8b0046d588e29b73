import type pg from 'pg';
import { statementsOf } from '../../postgres/statements.ts';
import type { DatabaseTypes, ForeignKey, FunctionType, PostgresType, Relation } from './database-types.ts';

const statement = statementsOf('cli/types');

/** Reads the relations, functions and types of schemas. */
export async function readDatabase(client: pg.ClientBase, schemas: readonly string[]): Promise<DatabaseTypes> {
  const relations = await client.query<Relation>(statement('relations'), [schemas]);
  const foreignKeys = await client.query<ForeignKey>(statement('foreign_keys'));
  const functions = await client.query<FunctionType>(statement('functions'), [schemas]);
  const types = await client.query<PostgresType>(statement('types'));
  return {
    relations: relations.rows,
    foreignKeys: foreignKeys.rows,
    functions: functions.rows,
    types: new Map(types.rows.map((type) => [type.oid, type])),
  };
}
