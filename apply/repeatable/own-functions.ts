import { namesOf } from '../../postgres/expressions/parse-expression.ts';
import type { ParsedStatement } from '../../postgres/parse-sql.ts';
import { hasProperty } from './parse-tree.ts';

/** Kinds of statements with expressions that Postgres evaluates at once. */
const EVALUATED: ReadonlySet<string> = new Set(['AlterTableStmt', 'CreateSchemaStmt', 'CreateStmt', 'IndexStmt']);

const FUNCTIONS: ReadonlySet<string> = new Set([
  'OBJECT_AGGREGATE',
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
  'OBJECT_ROUTINE',
]);

/** Name that a statement gives to a function. */
export function definedFunction({ kind, node }: ParsedStatement): string | undefined {
  if (kind === 'CreateFunctionStmt') return namesOf(node['funcname']).at(-1);
  return kind === 'RenameStmt' && FUNCTIONS.has(node['renameType'] as string) ? (node['newname'] as string) : undefined;
}

/** Tests if Postgres runs one of these functions when it reads a definition: it can write more than rows. */
export function runsOwn({ kind, node }: ParsedStatement, functions: ReadonlySet<string | undefined>): boolean {
  if (!EVALUATED.has(kind)) return false;
  return hasProperty(
    node,
    // Also `(row).name`, which calls it as well.
    (name, value) => name === 'String' && functions.has((value as { sval?: string }).sval),
    (name, value) => isDefault(name, value, kind),
  );
}

/** Tests for a default, which only rows evaluate. That of an added column is for the rows that are there. */
function isDefault(name: string, value: unknown, kind: string): boolean {
  if (name === 'Constraint')
    return kind === 'CreateStmt' && (value as { contype: string }).contype === 'CONSTR_DEFAULT';
  return name === 'AlterTableCmd' && (value as { subtype: string }).subtype === 'AT_ColumnDefault';
}
