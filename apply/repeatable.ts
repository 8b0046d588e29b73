import type { Declaration, SqlSource } from '../declaration/types.ts';
import { parseSql, type ParsedStatement } from '../postgres/parse-sql.ts';

/** Statements that make, change or drop an object. None of them adds a row, and without rows none evaluates an expression. */
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
  'CreateCastStmt',
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

/** Values of dates and times that Postgres replaces with the present when it reads the definition (documentation, 8.5.1.4). */
const PRESENT = /\b(?:now|today|tomorrow|yesterday)\b/i;
/** The same as a whole text or in a literal of SQL, and literals that can write it in another way. */
const PRESENT_IN_LITERAL =
  /^\s*(?:now|today|tomorrow|yesterday)\b|['$][^'$]*\b(?:now|today|tomorrow|yesterday)\b(?!\s*\()|(?:\be|\bu&)'/i;

/** Parse nodes of a bound that is a value. */
const CONSTANT: ReadonlySet<string> = new Set(['A_Const', 'ColumnRef', 'String', 'TypeCast', 'TypeName']);
/** Parse nodes of a call with values. */
const SETTING: ReadonlySet<string> = new Set(['A_Const', 'FuncCall', 'ResTarget', 'String']);

/**
 * Tests if a declaration makes the same objects whenever it is applied, and no rows but the package's own. Migrations that
 * run code, or write rows, may depend on the time or on chance; they are taken to do.
 *
 * @throws SecuredPostgrestError `invalid_sql`
 */
export async function isRepeatable({ migrations, ...declared }: Declaration): Promise<boolean> {
  if (stringsOf(declared).some((text) => PRESENT_IN_LITERAL.test(text))) return false;
  for (const source of migrations) if (!(await isMadeOfDefinitions(source))) return false;
  return true;
}

async function isMadeOfDefinitions(source: SqlSource): Promise<boolean> {
  const statements = await parseSql(source);
  return statements.every(isDefinition);
}

function isDefinition({ kind, node }: ParsedStatement): boolean {
  return kind === 'SelectStmt' ? isSetting(node) : DEFINITIONS.has(kind) && !hasProperty(node, dependsOnPresent);
}

/** Tests for what dumps begin with: `SELECT pg_catalog.set_config('search_path', '', false)`. */
function isSetting(node: ParsedStatement['node']): boolean {
  if (hasProperty(node, (name) => isNode(name) && !SETTING.has(name))) return false;
  const [target, ...others] = (node['targetList'] ?? []) as readonly Target[];
  const call = target?.ResTarget.val.FuncCall;
  if (!call || others.length > 0 || hasProperty(call.args, (name) => name === 'FuncCall')) return false;
  return stringsOf(call.funcname).join('.') === 'pg_catalog.set_config';
}

interface Target {
  readonly ResTarget: { readonly val: { readonly FuncCall?: { readonly funcname: unknown; readonly args: unknown } } };
}

function dependsOnPresent(name: string, value: unknown): boolean {
  switch (name) {
    case 'A_Const': {
      const { sval } = value as { sval?: { sval?: string } };
      return PRESENT.test(sval?.sval ?? '');
    }
    // Postgres evaluates the bounds of a partition.
    case 'partbound':
    case 'bound':
      return hasProperty(value, (inner) => isNode(inner) && !CONSTANT.has(inner));
    default:
      return false;
  }
}

/** Tests if a name in a parse tree is that of a node. */
function isNode(name: string): boolean {
  return /^[A-Z]/.test(name);
}

/** Tests if a parse tree has a property, at any depth. */
function hasProperty(tree: unknown, test: (name: string, value: unknown) => boolean): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  for (const [name, value] of Object.entries(tree)) if (test(name, value) || hasProperty(value, test)) return true;
  return false;
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}
