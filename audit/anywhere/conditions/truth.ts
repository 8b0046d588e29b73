import {
  expressionOf,
  expressionsOf,
  namesOf,
  textOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';

/** Truth values that a condition can have, as bits. */
export const TRUE = 1;
export const FALSE = 2;
export const NULL = 4;
/** A set of {@link TRUE}, {@link FALSE} and {@link NULL}. */
export type Truth = number;
const ANY = TRUE | FALSE | NULL;

/** Facts about a request and the rows that a condition decides on. */
export interface World {
  /** Claims of the request: it has none but its role, or any. */
  readonly claims: 'none' | 'any';
  /** Role of the request, which its claims name; undefined for any. */
  readonly role: string | undefined;
  /** True for a column of the table that is never null. */
  readonly isRequired: (column: string) => boolean;
  /** The one expression that a function without arguments computes; undefined where it does something else. */
  readonly bodyOf: (schema: string | undefined, name: string) => Expression | undefined;
}

/** Values that an expression can have. */
type Value =
  | { readonly known: string | null }
  /** The claims of a request: an object, in which nothing but the role is known. */
  | { readonly claims: true }
  | { readonly unknown: 'never null' | 'maybe null'; readonly column?: string };

const MAYBE: Value = { unknown: 'maybe null' };
const NEVER_NULL: Value = { unknown: 'never null' };
const ABSENT: Value = { known: null };

/** A function may call another one, and that itself. */
const DEEPEST = 8;

/** Postgres' own functions that answer for NULL with something else, or are never null. */
const NOT_STRICT = new Set([
  'concat',
  'concat_ws',
  'format',
  'num_nulls',
  'num_nonnulls',
  'json_build_object',
  'jsonb_build_object',
  'array_append',
  'row_to_json',
  'quote_nullable',
]);
const NEVER_NULL_FUNCTIONS = new Set([
  'now',
  'clock_timestamp',
  'statement_timestamp',
  'transaction_timestamp',
  'random',
  'gen_random_uuid',
  'current_database',
  'txid_current',
]);

/** Finds out whether a condition is true, false or null, for the rows and claims of a world. */
export function truthOf(expression: Expression | undefined, world: World): Truth {
  return expression ? truth(expression, world, 0) : ANY;
}

/** True for every row. */
export function isAlwaysTrue(found: Truth): boolean {
  return found === TRUE;
}

/** True for no row. */
export function isNeverTrue(found: Truth): boolean {
  return (found & TRUE) === 0;
}

function truth(expression: Expression, world: World, depth: number): Truth {
  const { kind, node } = expression;
  const again = (value: unknown): Truth => {
    const inner = expressionOf(value);
    return inner ? truth(inner, world, depth) : ANY;
  };
  switch (kind) {
    case 'BoolExpr': {
      const parts = ((node['args'] ?? []) as unknown[]).map(again);
      if (node['boolop'] === 'NOT_EXPR') return negated(parts[0] ?? ANY);
      return parts.reduce(node['boolop'] === 'AND_EXPR' ? and : or);
    }
    case 'NullTest': {
      const value = valueOf(expressionOf(node['arg']), world, depth);
      const isNull = nullness(value);
      return node['nulltesttype'] === 'IS_NULL' ? isNull : negated(isNull);
    }
    case 'BooleanTest':
      return booleanTest(String(node['booltesttype']), again(node['arg']));
    case 'SubLink':
      return subLink(node, world, depth);
    case 'A_Expr':
      return comparison(expression, world, depth);
    case 'CaseExpr': {
      const branches = expressionsOf(node['args']).map(
        ({ node: when }) => [again(when['expr']), again(when['result'])] as const,
      );
      return caseOf(branches, node['defresult'] === undefined ? NULL : again(node['defresult']));
    }
    default:
      return truthOfValue(valueOf(expression, world, depth));
  }
}

/** The results of the branches that can be taken. */
function caseOf(branches: readonly (readonly [when: Truth, result: Truth])[], otherwise: Truth): Truth {
  let found = 0;
  for (const [when, result] of branches) {
    if (when & TRUE) found |= result;
    if (when === TRUE) return found;
  }
  return found | otherwise;
}

function booleanTest(test: string, found: Truth): Truth {
  const wanted = {
    IS_TRUE: TRUE,
    IS_NOT_TRUE: TRUE,
    IS_FALSE: FALSE,
    IS_NOT_FALSE: FALSE,
    IS_UNKNOWN: NULL,
    IS_NOT_UNKNOWN: NULL,
  }[test];
  if (wanted === undefined) return TRUE | FALSE;
  const is = (found & wanted ? TRUE : 0) | (found & ~wanted ? FALSE : 0);
  return test.includes('NOT') ? negated(is) : is;
}

function subLink(node: Expression['node'], world: World, depth: number): Truth {
  const select = expressionOf(node['subselect']);
  const fromNothing = select?.kind === 'SelectStmt' && select.node['fromClause'] === undefined;
  const where = select?.node['whereClause'];
  const [target] = expressionsOf(select?.node['targetList']);
  const value = target && expressionOf(target.node['val']);
  if (node['subLinkType'] === 'EXPR_SUBLINK') {
    return fromNothing && where === undefined && value ? truth(value, world, depth) : ANY;
  }
  // Columns of other tables are not of this one: what a condition on them can be is not known, but what is on claims is.
  const filter = where === undefined ? TRUE : truthOf(expressionOf(where), { ...world, isRequired: () => false });
  if (node['subLinkType'] === 'EXISTS_SUBLINK') {
    if (isNeverTrue(filter)) return FALSE;
    return fromNothing && filter === TRUE ? TRUE : TRUE | FALSE;
  }
  if (isNeverTrue(filter)) return FALSE;
  const left = valueOf(expressionOf(node['testexpr']), world, depth);
  return 'known' in left && left.known === null ? FALSE | NULL : ANY;
}

function comparison(expression: Expression, world: World, depth: number): Truth {
  const { node } = expression;
  const operator = namesOf(node['name']).at(-1) ?? '';
  const leftExpression = expressionOf(node['lexpr']);
  const rightExpression = expressionOf(node['rexpr']);
  const left = valueOf(leftExpression, world, depth);
  if (node['kind'] === 'AEXPR_IN') {
    const items = expressionsOf(rightExpression?.kind === 'List' ? rightExpression.node['items'] : undefined);
    const found = items.map((item) => equality(left, valueOf(item, world, depth))).reduce(or, FALSE);
    return operator === '=' ? found : negated(found);
  }
  if (node['kind'] === 'AEXPR_OP_ANY' || node['kind'] === 'AEXPR_OP_ALL') {
    const items = arrayItems(rightExpression);
    if (items && operator === '=' && node['kind'] === 'AEXPR_OP_ANY') {
      return items.map((item) => equality(left, valueOf(item, world, depth))).reduce(or, FALSE);
    }
    if (isNull(left)) return FALSE | NULL;
    const right = valueOf(rightExpression, world, depth);
    return isNull(right) ? NULL : ANY;
  }
  const right = valueOf(rightExpression, world, depth);
  if (node['kind'] === 'AEXPR_DISTINCT' || node['kind'] === 'AEXPR_NOT_DISTINCT') {
    const same = distinctness(left, right);
    return node['kind'] === 'AEXPR_DISTINCT' ? negated(same) : same;
  }
  if (node['kind'] === 'AEXPR_NULLIF') return truthOfValue(valueOf(expression, world, depth));
  if (isNull(left) || isNull(right)) return NULL;
  switch (operator) {
    case '=':
    case '>=':
    case '<=': {
      const found = equality(left, right);
      return operator === '=' || sameColumn(left, right) ? found : found | TRUE | FALSE;
    }
    case '<>':
    case '!=':
      return negated(equality(left, right));
    default:
      return canBeNull(left) || canBeNull(right) || !isComparison(operator) ? ANY : TRUE | FALSE;
  }
}

const isComparison = (operator: string) => /^(?:[<>]=?|!?~~?\*?|@>|<@|\?[|&]?)$/.test(operator);

function arrayItems(expression: Expression | undefined): Expression[] | undefined {
  const inner = expression?.kind === 'TypeCast' ? expressionOf(expression.node['arg']) : expression;
  return inner?.kind === 'A_ArrayExpr' ? expressionsOf(inner.node['elements']) : undefined;
}

function equality(left: Value, right: Value): Truth {
  if (isNull(left) || isNull(right)) return NULL;
  if (sameColumn(left, right)) return TRUE | (canBeNull(left) ? NULL : 0);
  if ('known' in left && 'known' in right) return sameText(left.known!, right.known!) ? TRUE : FALSE;
  return TRUE | FALSE | (canBeNull(left) || canBeNull(right) ? NULL : 0);
}

function sameText(left: string, right: string): boolean {
  return left === right || (left !== '' && right !== '' && Number(left) === Number(right));
}

function distinctness(left: Value, right: Value): Truth {
  if (isNull(left) && isNull(right)) return TRUE;
  if (isNull(left)) return nullness(right);
  if (isNull(right)) return nullness(left);
  if (sameColumn(left, right)) return TRUE;
  return equality(left, right) & (TRUE | FALSE) || TRUE | FALSE;
}

const isNull = (value: Value) => 'known' in value && value.known === null;
const canBeNull = (value: Value) =>
  'known' in value ? value.known === null : 'unknown' in value && value.unknown === 'maybe null';
const sameColumn = (left: Value, right: Value) =>
  'column' in left && 'column' in right && left.column !== undefined && left.column === right.column;

function nullness(value: Value): Truth {
  if (isNull(value)) return TRUE;
  return canBeNull(value) ? TRUE | FALSE : FALSE;
}

function truthOfValue(value: Value): Truth {
  if ('known' in value) {
    if (value.known === null) return NULL;
    return /^(?:t|true|y|yes|on|1)$/i.test(value.known)
      ? TRUE
      : /^(?:f|false|n|no|off|0)$/i.test(value.known)
        ? FALSE
        : TRUE | FALSE;
  }
  return canBeNull(value) ? ANY : TRUE | FALSE;
}

function valueOf(expression: Expression | undefined, world: World, depth: number): Value {
  if (!expression || depth > DEEPEST) return MAYBE;
  const { kind, node } = expression;
  const again = (inner: unknown) => valueOf(expressionOf(inner), world, depth);
  switch (kind) {
    case 'A_Const':
      return { known: constant(node) };
    case 'TypeCast':
      return again(node['arg']);
    case 'ColumnRef': {
      const column = namesOf(node['fields']).join('.');
      return { unknown: world.isRequired(column) ? 'never null' : 'maybe null', column };
    }
    case 'SQLValueFunction':
      return NEVER_NULL;
    case 'CoalesceExpr':
      return coalesced(expressionsOf(node['args']).map((item) => valueOf(item, world, depth)));
    case 'SubLink': {
      const select = expressionOf(node['subselect']);
      const isBare =
        node['subLinkType'] === 'EXPR_SUBLINK' &&
        select?.node['fromClause'] === undefined &&
        select?.node['whereClause'] === undefined;
      const [target] = expressionsOf(isBare ? select?.node['targetList'] : undefined);
      return target ? again(target.node['val']) : MAYBE;
    }
    case 'FuncCall':
      return called(node, world, depth);
    case 'A_Expr':
      return operated(expression, world, depth);
    case 'BoolExpr':
    case 'NullTest':
    case 'BooleanTest':
    case 'CaseExpr':
      return valueOfTruth(kind === 'CaseExpr' && !isBooleanCase(node) ? ANY : truth(expression, world, depth));
    case 'A_ArrayExpr':
    case 'RowExpr':
      return NEVER_NULL;
    default:
      return MAYBE;
  }
}

/** A CASE whose results are other than truth values has a value that is not known. */
function isBooleanCase(node: Expression['node']): boolean {
  return expressionsOf(node['args']).every(({ node: when }) => {
    const result = expressionOf(when['result']);
    return result?.kind === 'BoolExpr' || 'boolval' in (result?.node ?? {});
  });
}

function valueOfTruth(found: Truth): Value {
  if (found === TRUE) return { known: 'true' };
  if (found === FALSE) return { known: 'false' };
  if (found === NULL) return ABSENT;
  return found & NULL ? MAYBE : NEVER_NULL;
}

function constant(node: Expression['node']): string | null {
  if (node['isnull']) return null;
  const { sval, ival, fval, boolval } = node as {
    sval?: { sval?: string };
    ival?: { ival?: number };
    fval?: { fval?: string };
    boolval?: { boolval?: boolean };
  };
  if (sval) return sval.sval ?? '';
  if (ival) return String(ival.ival ?? 0);
  if (fval) return fval.fval ?? '0';
  return boolval ? String(boolval.boolval ?? false) : null;
}

function coalesced(values: readonly Value[]): Value {
  const rest = values.filter((value) => !isNull(value));
  const [first] = rest;
  if (!first) return ABSENT;
  if (rest.length === 1 || !canBeNull(first)) return first;
  return rest.some((value) => !canBeNull(value)) ? NEVER_NULL : MAYBE;
}

function operated({ node }: Expression, world: World, depth: number): Value {
  const [left, right] = [node['lexpr'], node['rexpr']].map((side) => valueOf(expressionOf(side), world, depth)) as [
    Value,
    Value,
  ];
  const operator = namesOf(node['name']).at(-1) ?? '';
  if (node['kind'] === 'AEXPR_NULLIF') {
    if ('claims' in left) return left;
    return equality(left, right) === TRUE
      ? ABSENT
      : isNull(left) || ('known' in left && 'known' in right)
        ? left
        : MAYBE;
  }
  if (/^(?:->>?|#>>?)$/.test(operator)) {
    const key = textOf(expressionOf(node['rexpr']));
    if (!('claims' in left)) return isNull(left) ? ABSENT : MAYBE;
    if (key !== 'role' && key !== '{role}') return world.claims === 'none' ? ABSENT : MAYBE;
    return world.role === undefined ? NEVER_NULL : { known: world.role };
  }
  if (node['kind'] === 'AEXPR_OP' && !isComparison(operator) && !['=', '<>', '!='].includes(operator)) {
    return isNull(left) || isNull(right) ? ABSENT : canBeNull(left) || canBeNull(right) ? MAYBE : NEVER_NULL;
  }
  return valueOfTruth(comparison({ kind: 'A_Expr', node }, world, depth));
}

function called(node: Expression['node'], world: World, depth: number): Value {
  const names = namesOf(node['funcname']);
  const name = names.at(-1) ?? '';
  const schema = names.length > 1 ? names.at(-2) : undefined;
  const values = expressionsOf(node['args']);
  if (name === 'current_setting') return setting(textOf(values[0]));
  const body = values.length === 0 ? world.bodyOf(schema, name) : undefined;
  if (body) return valueOf(body, { ...world, isRequired: () => false }, depth + 1);
  if (NEVER_NULL_FUNCTIONS.has(name)) return NEVER_NULL;
  const isOwn = schema === undefined || schema === 'pg_catalog';
  const strict = isOwn && !NOT_STRICT.has(name);
  if (strict && values.some((value) => isNull(valueOf(value, world, depth)))) return ABSENT;
  return MAYBE;
}

/** A setting as requests find it: PostgREST sets none but those that it documents, and no claim by a name of its own. */
function setting(spelt: string | undefined): Value {
  const name = spelt?.toLowerCase();
  if (name === 'request.jwt.claims') return { claims: true };
  if (name?.startsWith('request.jwt.claim.')) return ABSENT;
  return MAYBE;
}

function negated(found: Truth): Truth {
  return (found & TRUE ? FALSE : 0) | (found & FALSE ? TRUE : 0) | (found & NULL);
}

function and(left: Truth, right: Truth): Truth {
  let found = 0;
  if ((left & FALSE) | (right & FALSE)) found |= FALSE;
  if (left & TRUE && right & TRUE) found |= TRUE;
  if ((left & NULL && right & (TRUE | NULL)) || (right & NULL && left & (TRUE | NULL))) found |= NULL;
  return left === FALSE || right === FALSE ? FALSE : found;
}

function or(left: Truth, right: Truth): Truth {
  let found = 0;
  if ((left & TRUE) | (right & TRUE)) found |= TRUE;
  if (left & FALSE && right & FALSE) found |= FALSE;
  if ((left & NULL && right & (FALSE | NULL)) || (right & NULL && left & (FALSE | NULL))) found |= NULL;
  return left === TRUE || right === TRUE ? TRUE : found;
}
