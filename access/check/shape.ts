import type pg from 'pg';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import { statementsOf } from '../../postgres/statements.ts';

const statement = statementsOf('access/check');

/** A column of a table or view. */
export interface ShapeColumn {
  readonly name: string;
  /** SQL of the type. */
  readonly type: string;
  readonly required: boolean;
  /** SQL of the default. */
  readonly default: string | null;
  /** `always`: no request can set it. `default`: Postgres numbers rows that say nothing. */
  readonly generated: 'always' | 'default' | null;
}

/** A foreign key. */
export interface ShapeReference {
  readonly name: string;
  readonly columns: readonly string[];
  readonly schema: string;
  readonly table: string;
  readonly referenced: readonly string[];
  /** True if rows are deleted with the row that they reference. */
  readonly cascades: boolean;
  /** True if rows are deleted or changed with the row that they reference. */
  readonly acts: boolean;
}

/** A table or view, as far as random rows and requests need it. */
export interface ShapeTable extends QualifiedName {
  readonly is_table: boolean;
  /** Query of a view. */
  readonly definition: string | null;
  readonly columns: readonly ShapeColumn[];
  /** Unique keys, the primary one first. */
  readonly keys: readonly (readonly string[])[];
  readonly has_primary_key: boolean;
  readonly references: readonly ShapeReference[];
  /** SQL of each check. */
  readonly checks: readonly string[];
}

/** A function, as far as random calls need it. */
export interface ShapeFunction extends QualifiedName {
  readonly language: string;
  readonly is_definer: boolean;
  readonly is_volatile: boolean;
  readonly returns_set: boolean;
  readonly returns: string;
  /** Body in standard SQL; null where it is a text. */
  readonly body: string | null;
  readonly source: string;
  readonly names: readonly string[];
  readonly types: readonly string[];
  /** How many of the last arguments may be left out. */
  readonly defaults: number;
  readonly default_values: string | null;
}

/** Tables, views and functions of some schemas. */
export interface Shape {
  readonly tables: readonly ShapeTable[];
  readonly functions: readonly ShapeFunction[];
  /** Policies, functions and defaults, in which claims may be read. */
  readonly texts: readonly string[];
}

/** Reads the shape of schemas. */
export async function readShape(client: pg.ClientBase, schemas: readonly string[]): Promise<Shape> {
  const tables = await client.query<ShapeTable>(statement('tables', { schemas }));
  const functions = await client.query<ShapeFunction>(statement('functions', { schemas }));
  const texts = await client.query<{ text: string | null }>(statement('texts'));
  return { tables: tables.rows, functions: functions.rows, texts: texts.rows.map(({ text }) => text ?? '') };
}

/** The table or view of a name. */
export function tableIn({ tables }: Shape, { schema, name }: QualifiedName): ShapeTable | undefined {
  return tables.find((table) => table.schema === schema && table.name === name);
}
