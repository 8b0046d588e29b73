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

/** Kinds of objects of a `DefineStmt` that Postgres calls no function for when it reads another definition. */
const DEFINED: ReadonlySet<string> = new Set(['OBJECT_AGGREGATE', 'OBJECT_COLLATION']);
/** Kinds of statements with expressions that Postgres evaluates at once. */
const EVALUATED: ReadonlySet<string> = new Set(['AlterTableStmt', 'CreateStmt', 'IndexStmt']);

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

/** Setting of the escapes in literals. */
const LITERALS = 'standard_conforming_strings';

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
  return kind === 'SelectStmt'
    ? isSetting(node)
    : DEFINITIONS.has(kind) && !hasProperty({ [kind]: node }, dependsOnPresent);
}

/** Name that a statement gives to a function. */
function definedFunction({ kind, node }: ParsedStatement): string | undefined {
  if (kind === 'CreateFunctionStmt') return namesOf(node['funcname']).at(-1);
  return kind === 'RenameStmt' ? (node['newname'] as string) : undefined;
}

/** Tests if Postgres runs one of these functions when it reads a definition: it can write more than rows. */
function runsOwn({ kind, node }: ParsedStatement, functions: ReadonlySet<string | undefined>): boolean {
  if (!EVALUATED.has(kind)) return false;
  return hasProperty(
    node,
    (name, value) => name === 'FuncCall' && functions.has(namesOf((value as FuncCall).funcname).at(-1)),
    (name, value) => isDefault(name, value, kind),
  );
}

/** Tests for a default, which only rows evaluate. That of an added column is for the rows that are there. */
function isDefault(name: string, value: unknown, kind: string): boolean {
  if (name === 'Constraint')
    return kind === 'CreateStmt' && (value as { contype: string }).contype === 'CONSTR_DEFAULT';
  return name === 'AlterTableCmd' && (value as { subtype: string }).subtype === 'AT_ColumnDefault';
}

/** Tests for a name, also where it is a part of a text. */
function mentions(schema: string) {
  return (_: string, value: unknown) => typeof value === 'string' && value.includes(schema);
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

interface FuncCall {
  readonly funcname: unknown;
  readonly args?: unknown;
}

interface Target {
  readonly ResTarget: { readonly val: { readonly FuncCall?: FuncCall } };
}

function dependsOnPresent(name: string, value: unknown): boolean {
  switch (name) {
    case 'A_Const': {
      const { sval } = value as { sval?: { sval?: string } };
      // Elements of arrays and ranges have quotes and escapes of their own.
      return PRESENT.test((sval?.sval ?? '').replaceAll(/[\\"]/g, ''));
    }
    // The offset of a time zone is that of the present.
    case 'String':
      return /^_?timetz$/.test((value as { sval?: string }).sval ?? '');
    case 'SQLValueFunction':
      return /^SVFOP_CURRENT_TIME(?:_N)?$/.test((value as { op: string }).op);
    // Literals then have other escapes than the parser knows.
    case 'VariableSetStmt':
      return (value as { name?: string }).name === LITERALS && !hasProperty(value, (_, inner) => inner === 'on');
    case 'DefineStmt':
      return !DEFINED.has((value as { kind: string }).kind);
    case 'CreateRangeStmt':
      return hasProperty(value, (inner, is) => inner === 'defname' && is === 'canonical');
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
  const names = namesOf((value as FuncCall).funcname);
  const isQualified = names.length > 1 && names[0] !== 'pg_catalog';
  return isQualified || !OF_VALUES.has(names.at(-1)!);
}

/** Tests if a name in a parse tree is that of a node. */
function isNode(name: string): boolean {
  return /^[A-Z]/.test(name);
}

type PropertyTest = (name: string, value: unknown) => boolean;

/** Tests if a parse tree has a property, at any depth, except below some others. */
function hasProperty(tree: unknown, test: PropertyTest, isLeftOut: PropertyTest = () => false): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  return Object.entries(tree).some(
    ([name, value]) => test(name, value) || (!isLeftOut(name, value) && hasProperty(value, test, isLeftOut)),
  );
}
