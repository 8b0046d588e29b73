import type pg from 'pg';
import type { QualifiedName } from '../../../postgres/qualified-name.ts';
import { statementsOf } from '../../../postgres/statements.ts';

const statement = statementsOf('access/replay');

export interface ShapeColumn {
  readonly name: string;
  /** SQL of the type. */
  readonly type: string;
  /** SQL of a domain's base type, or of the type itself. */
  readonly base: string;
  readonly required: boolean;
  readonly identity: boolean;
  readonly generated: boolean;
  readonly default: string | null;
  /** First value of an enum. */
  readonly label: string | null;
  /** Conditions of a domain, as SQL. */
  readonly checks: readonly string[];
  /** True for a column of the primary key. */
  readonly key: boolean;
}

/** A CHECK, or a foreign key. */
export interface ShapeConstraint {
  readonly name: string;
  readonly foreign: boolean;
  readonly definition: string;
  readonly columns: readonly string[];
  readonly referenced_schema: string | null;
  readonly referenced_name: string | null;
  readonly referenced_columns: readonly string[];
}

/** Requirements of a table for a row that is stored. */
export interface TableShape extends QualifiedName {
  readonly columns: readonly ShapeColumn[];
  readonly constraints: readonly ShapeConstraint[];
}

/** Reads what rows of a table or view need; a relation that does not exist has no column. */
export async function readShape(client: pg.ClientBase, { schema, name }: QualifiedName): Promise<TableShape> {
  const { rows: columns } = await client.query<ShapeColumn>(statement('columns', { schema, name }));
  const { rows: constraints } = await client.query<ShapeConstraint>(statement('constraints', { schema, name }));
  return { schema, name, columns, constraints };
}
