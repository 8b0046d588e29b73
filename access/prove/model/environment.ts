import type { RowCommand } from '../../../audit/anywhere/survey.ts';
import type { Expression } from '../../../postgres/expressions/parse-expression.ts';
import type { Node } from '../../../postgres/expressions/walk.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';
import type { Row, World } from './world.ts';
import type { Found, Use, Value } from './values.ts';

/** Columns by name; those of a table are made when they are asked for. */
export interface Columns {
  readonly names: readonly string[];
  /** True if there may be columns of other names. */
  readonly isOpen?: boolean;
  get(name: string): Value | undefined;
}

/** Columns that an expression can name, by the alias of their source. */
export interface Source {
  readonly alias: string;
  readonly columns: Columns;
}

/** Meaning of SQL; its parts call each other through this, as SQL nests. */
export interface Sql {
  evaluate(expression: Expression | undefined, environment: Environment): Value;
  /** Rows of the result of a SELECT. */
  results(query: Node, environment: Environment): readonly Found[];
  /** Term: row security lets the role of the environment use the command on an existing row. */
  visible(row: Row, command: RowCommand, environment: Environment): string;
}

/** Everything that the value of an expression depends on. */
export interface Environment {
  readonly sql: Sql;
  readonly world: World;
  readonly catalog: ParsedCatalog;
  /** The role whose rights tables are read with: a view's owner in the view. */
  readonly role: string;
  /** The role of `current_user` and of functions with the caller's rights: a view does not change it. */
  readonly user: string;
  /** Sources of this query, and then those of the queries around it. */
  readonly scopes: readonly (readonly Source[])[];
  /** Arguments of a function by name and by position. */
  readonly arguments: ReadonlyMap<string, Value>;
  /** Common table expressions by name. */
  readonly tables: ReadonlyMap<string, Relation>;
  /** Depth of functions, views and policies within each other. */
  readonly depth: number;
  /** Number of sub-selects around. */
  readonly nesting: number;
  /** True within a negation, or another place where a part that is not true counts, of this sub-select. */
  readonly isNegated: boolean;
  /** Called with the rows of each result that goes to the client. */
  readonly track?: ((guard: string, uses: readonly Use[]) => void) | undefined;
}

/** Rows of a query that can be read more than once. */
export type Relation = () => readonly Found[];

/** SQL in functions and views within each other goes no deeper. */
export const DEEPEST = 8;

/** The environment of a condition on one row: its columns go by their names and by that of the relation. */
export function onRow(environment: Environment, row: Row): Environment {
  return { ...environment, scopes: [[sourceOf(row)], ...environment.scopes] };
}

export function sourceOf(row: Row, alias = row.relation.name): Source {
  const names = row.relation.columns.map(({ name }) => name);
  return { alias, columns: { names, get: (name) => row.value(name) } };
}

/** Columns that are computed already. */
export function columnsOf(entries: readonly (readonly [string, Value])[], isOpen = false): Columns {
  const values = new Map(entries);
  return { names: [...values.keys()], isOpen, get: (name) => values.get(name) };
}
