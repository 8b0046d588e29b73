import { desiredAccess } from '../compile/access.ts';
import type { Declaration } from '../declaration/types.ts';
import { namesOf } from '../postgres/expressions/parse-expression.ts';
import { parseSql, type ParsedStatement } from '../postgres/parse-sql.ts';

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

/**
 * Words of dates and times that Postgres replaces with the present when it reads a definition (documentation, 8.5.1.4). It
 * skips punctuation around them.
 */
const PRESENT = /(?<![a-z])(?:now|today|tomorrow|yesterday)(?![a-z])/i;

/** Parse nodes of a bound that is a value. */
const CONSTANT: ReadonlySet<string> = new Set(['A_Const', 'ColumnRef', 'String', 'TypeCast', 'TypeName']);
/** Parse nodes of a call with values. */
const SETTING: ReadonlySet<string> = new Set(['A_Const', 'FuncCall', 'ResTarget', 'String']);
/** Functions of texts and numbers, which a domain may call: Postgres tests values of it when it reads a definition. */
const OF_VALUES: ReadonlySet<string> = new Set([
  ...[
    'abs',
    'array_length',
    'btrim',
    'cardinality',
    'ceil',
    'char_length',
    'character_length',
    'floor',
    'length',
    'lower',
  ],
  ...[
    'ltrim',
    'octet_length',
    'position',
    'regexp_like',
    'round',
    'rtrim',
    'starts_with',
    'strpos',
    'substring',
    'upper',
  ],
]);

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
  if (access.some(({ node }) => hasProperty(node, dependsOnPresent))) return false;
  for (const source of declaration.migrations) {
    const statements = await parseSql(source);
    if (!statements.every(isDefinition)) return false;
  }
  return true;
}

function isDefinition({ kind, node }: ParsedStatement): boolean {
  return kind === 'SelectStmt'
    ? isSetting(node)
    : DEFINITIONS.has(kind) && !hasProperty({ [kind]: node }, dependsOnPresent);
}

/** Tests for what dumps begin with: `SELECT pg_catalog.set_config('search_path', '', false)`. */
function isSetting(node: ParsedStatement['node']): boolean {
  if (hasProperty(node, (name) => isNode(name) && !SETTING.has(name))) return false;
  const [target, ...others] = (node['targetList'] ?? []) as readonly Target[];
  const call = target?.ResTarget.val.FuncCall;
  if (!call || others.length > 0 || hasProperty(call.args, (name) => name === 'FuncCall')) return false;
  return namesOf(call.funcname).join('.') === 'pg_catalog.set_config';
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
    // The offset of a time zone is that of the present.
    case 'typeName':
      return namesOf((value as { names?: unknown }).names).at(-1) === 'timetz';
    // Postgres evaluates the bounds of a partition.
    case 'partbound':
    case 'bound':
      return hasProperty(value, (inner) => isNode(inner) && !CONSTANT.has(inner));
    case 'CreateDomainStmt':
    case 'AlterDomainStmt':
      return hasProperty(value, callsOther);
    default:
      return false;
  }
}

function callsOther(name: string, value: unknown): boolean {
  if (name === 'SQLValueFunction') return true;
  if (name !== 'FuncCall') return false;
  const names = namesOf((value as { funcname: unknown }).funcname);
  const isQualified = names.length > 1 && names[0] !== 'pg_catalog';
  return isQualified || !OF_VALUES.has(names.at(-1)!);
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
