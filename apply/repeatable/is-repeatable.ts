import { desiredAccess } from '../../compile/access.ts';
import type { Declaration } from '../../declaration/types.ts';
import { namesOf } from '../../postgres/expressions/parse-expression.ts';
import { parseSql, type ParsedStatement } from '../../postgres/parse-sql.ts';
import { canChange, LITERALS, OF_VALUES } from './changing-definitions.ts';
import { definedFunction, runsOwn } from './own-functions.ts';
import { hasProperty, isNode, type FuncCall } from './parse-tree.ts';

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
  if (access.some(({ node }) => hasProperty(node, canChange))) return false;
  const statements = (await Promise.all(declaration.migrations.map((source) => parseSql(source)))).flat();
  const functions = new Set(statements.map(definedFunction));
  // One of the same name can be called in its place.
  if ([...OF_VALUES].some((name) => functions.has(name))) return false;
  const { privateSchema } = declaration;
  return statements.every(
    (statement) =>
      isDefinition(statement) &&
      !runsOwn(statement, functions) &&
      !hasProperty(statement.node, mentions(privateSchema)),
  );
}

function isDefinition({ kind, node }: ParsedStatement): boolean {
  return kind === 'SelectStmt' ? isSetting(node) : DEFINITIONS.has(kind) && !hasProperty({ [kind]: node }, canChange);
}

/** Tests for a name, also where it is a part of a text. */
function mentions(schema: string) {
  return (_: string, value: unknown) => typeof value === 'string' && value.toLowerCase().includes(schema.toLowerCase());
}

/** Tests for what dumps begin with: `SELECT pg_catalog.set_config('search_path', '', false)`. */
function isSetting(node: ParsedStatement['node']): boolean {
  if (hasProperty(node, (name) => isNode(name) && !SETTING.has(name))) return false;
  const [target, ...others] = (node['targetList'] ?? []) as readonly Target[];
  const call = target?.ResTarget.val.FuncCall;
  if (!call || others.length > 0 || hasProperty(call.args, (name) => name === 'FuncCall')) return false;
  if (hasProperty(call.args, mentions(LITERALS))) return false;
  return namesOf(call.funcname).join('.') === 'pg_catalog.set_config';
}

interface Target {
  readonly ResTarget: { readonly val: { readonly FuncCall?: FuncCall } };
}
