import { statementsOf } from '../../postgres/statements.ts';
import type { DatabaseTypes, ForeignKey, FunctionType, PostgresType, Relation } from './database-types.ts';

const statement = statementsOf('cli/types');

/** Runs one statement and returns its rows. */
export type Query = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

/** Reads the relations, functions and types of schemas. */
export async function readDatabase(query: Query, schemas: readonly string[]): Promise<DatabaseTypes> {
  return {
    relations: await query<Relation>(statement('relations'), [schemas]),
    foreignKeys: await query<ForeignKey>(statement('foreign_keys')),
    functions: await query<FunctionType>(statement('functions'), [schemas]),
    types: new Map((await query<PostgresType>(statement('types'))).map((type) => [type.oid, type])),
  };
}
