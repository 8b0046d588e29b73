import { namesOf } from '../../postgres/expressions/parse-expression.ts';
import { listNodes, type Node } from '../../postgres/expressions/walk.ts';
import type { ParsedStatement } from '../../postgres/parse-sql.ts';

/** Kinds of statements with expressions that Postgres evaluates at once. */
const EVALUATED: ReadonlySet<string> = new Set(['AlterTableStmt', 'CreateSchemaStmt', 'CreateStmt', 'IndexStmt']);

const FUNCTIONS: ReadonlySet<string> = new Set([
  'OBJECT_AGGREGATE',
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
  'OBJECT_ROUTINE',
]);

/** Names that a statement gives to functions. */
export function definedFunctions({ kind, node }: ParsedStatement): string[] {
  if (kind === 'CreateFunctionStmt') return namesOf(node['funcname']).slice(-1);
  return kind === 'RenameStmt' && FUNCTIONS.has(node['renameType'] as string) ? [node['newname'] as string] : [];
}

/** Tests if Postgres runs one of these functions when it reads a definition: it can write more than rows. */
export function runsOwn({ kind, node }: ParsedStatement, functions: ReadonlySet<string>): boolean {
  if (!EVALUATED.has(kind)) return false;
  const nodes = listNodes(node);
  const defaults = nodes.filter(([name, inner]) => isDefault(name, inner, kind));
  const leftOut = new Set(defaults.flatMap(([, inner]) => listNodes(inner)).map(([, inner]) => inner));
  // Also `(row).name`, which calls it as well.
  return nodes.some(
    ([name, inner]) => name === 'String' && functions.has(inner['sval'] as string) && !leftOut.has(inner),
  );
}

/** Tests for a default, which only rows evaluate. That of an added column is for the rows that are there. */
function isDefault(name: string, { contype, subtype }: Node, kind: string): boolean {
  if (name === 'Constraint') return kind === 'CreateStmt' && contype === 'CONSTR_DEFAULT';
  return name === 'AlterTableCmd' && subtype === 'AT_ColumnDefault';
}
