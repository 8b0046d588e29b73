import type { ParsedStatement } from '../../postgres/parse-sql.ts';
import { nodesIn } from '../../postgres/expressions/walk.ts';

/**
 * Tests if statements rely on a search path that begins with `public`: one of them uses a name without a schema, before any of them
 * sets another path.
 */
export function reliesOnPublic(statements: readonly ParsedStatement[]): boolean {
  const first = statements.find((statement) => setsSearchPath(statement) || hasBareName(statement));
  return first !== undefined && !setsSearchPath(first);
}

function setsSearchPath({ kind, node }: ParsedStatement): boolean {
  return kind === 'VariableSetStmt' && node['name'] === 'search_path';
}

/** Tests for a relation without a schema, for a new object without one, and for a block that may contain either. */
function hasBareName({ kind, node }: ParsedStatement): boolean {
  if (kind === 'DoStmt') return true;
  if (kind === 'CreateExtensionStmt') return !JSON.stringify(node['options'] ?? '').includes('"schema"');
  const made = [node['funcname'], node['typeName'], node['domainname'], node['defnames']];
  if (made.some((names) => Array.isArray(names) && names.length === 1)) return true;
  return [...nodesIn(node)].some(([, { relname, schemaname }]) => relname !== undefined && schemaname === undefined);
}
