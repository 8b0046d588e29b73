import { desiredAccess } from '../../compile/access.ts';
import type { Declaration } from '../../declaration/types.ts';
import { namesOf } from '../../postgres/expressions/parse-expression.ts';
import { isKind, listNodes, type Node } from '../../postgres/expressions/walk.ts';
import { parseSql, type ParsedStatement } from '../../postgres/parse-sql.ts';
import { canChange, LITERALS, OF_VALUES } from './changing-definitions.ts';
import { definedFunctions, runsOwn } from './own-functions.ts';

/** Statements that make, change or drop an object, and add no row themselves. */
const DEFINITIONS: ReadonlySet<string> = new Set([
  'AlterDefaultPrivilegesStmt',
  'AlterDomainStmt',
  'AlterEnumStmt',
  'AlterFunctionStmt',
  'AlterObjectSchemaStmt',
  'AlterOwnerStmt',
  'AlterPolicyStmt',
  'AlterSeqStmt',
  'AlterTableStmt',
  'AlterTypeStmt',
  'CommentStmt',
  'CompositeTypeStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreateExtensionStmt',
  'CreateFunctionStmt',
  'CreatePolicyStmt',
  'CreateRangeStmt',
  'CreateSchemaStmt',
  'CreateSeqStmt',
  'CreateStatsStmt',
  'CreateStmt',
  'CreateTrigStmt',
  'DefineStmt',
  'DropStmt',
  'GrantRoleStmt',
  'GrantStmt',
  'IndexStmt',
  'RenameStmt',
  'RuleStmt',
  'VariableSetStmt',
  'ViewStmt',
]);

/** Parse nodes of a call with values. */
const SETTING: ReadonlySet<string> = new Set(['A_Const', 'FuncCall', 'ResTarget', 'String']);

/**
 * Tests if a declaration defines the same whenever it is applied. Migrations that run code, or write rows, may depend on the
 * time or on chance; they are taken to do. A definition can call a function that writes rows, which only the database tells.
 *
 * @throws SecuredPostgrestError `invalid_sql`
 */
export async function isRepeatable(declaration: Declaration): Promise<boolean> {
  const { policies, defaults } = desiredAccess(declaration);
  const declared = [...policies, ...defaults].map(({ statement }) => statement).join(';\n');
  const access = await parseSql({ file: 'declaration', sql: declared || 'SELECT' });
  if (access.some(canChangeAnywhere)) return false;
  const statements = (await Promise.all(declaration.migrations.map((source) => parseSql(source)))).flat();
  const functions = new Set(statements.flatMap(definedFunctions));
  // One of the same name can be called in its place.
  if ([...OF_VALUES].some((name) => functions.has(name))) return false;
  return statements.every(
    (statement) =>
      isDefinition(statement) && !runsOwn(statement, functions) && !mentions(statement.node, declaration.privateSchema),
  );
}

function isDefinition(statement: ParsedStatement): boolean {
  const { kind, node } = statement;
  return kind === 'SelectStmt' ? isSetting(node) : DEFINITIONS.has(kind) && !canChangeAnywhere(statement);
}

function canChangeAnywhere({ kind, node }: ParsedStatement): boolean {
  return canChange(kind, node) || listNodes(node).some(([name, inner]) => canChange(name, inner));
}

/** Tests for a name, also where it is a part of a text. */
function mentions(tree: object, name: string): boolean {
  const texts = listNodes(tree).flatMap(([, node]) => Object.values(node).filter((value) => typeof value === 'string'));
  return texts.some((text) => text.toLowerCase().includes(name.toLowerCase()));
}

/** Tests for what dumps begin with: `SELECT pg_catalog.set_config('search_path', '', false)`. */
function isSetting(node: Node): boolean {
  const nodes = listNodes(node);
  if (nodes.some(([name]) => isKind(name) && !SETTING.has(name))) return false;
  const targets = nodes.filter(([name]) => name === 'ResTarget');
  const calls = nodes.filter(([name]) => name === 'FuncCall').map(([, call]) => call);
  if (targets.length !== 1 || calls.length !== 1 || mentions(node, LITERALS)) return false;
  return namesOf(calls[0]!['funcname']).join('.') === 'pg_catalog.set_config';
}
