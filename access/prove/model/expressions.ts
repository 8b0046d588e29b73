import {
  castType,
  expressionOf,
  expressionsOf,
  namesOf,
  textOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';
import type { Node } from '../../../postgres/expressions/walk.ts';
import { isMember } from './arrays.ts';
import { cast, literal } from './casts.ts';
import { callFunction } from './functions.ts';
import { all, any, choose, FALSE_TERM, not, TRUE_TERM } from './script.ts';
import { compare, isDistinct, isIn, operate } from './operators.ts';
import { evaluate, scalarFrom, scalarIn, truthIn, unknown } from './evaluate.ts';
import { listOf, NEGATED_WITHIN, onlyValue, readsRows } from './sub-selects.ts';
import type { Environment, Source } from './environment.ts';
import {
  and,
  isScalar,
  kindOf,
  negated,
  or,
  scalarOf,
  type Kind,
  type List,
  type Scalar,
  type Truth,
  type Value,
} from './values.ts';

/** Value of an expression. */
export function evaluateExpression(expression: Expression | undefined, environment: Environment): Value {
  if (!expression) return unknown(environment, expression);
  const { kind, node } = expression;
  const value = (part: unknown) => evaluate(expressionOf(part), environment);
  switch (kind) {
    case 'A_Const':
      return constant(node, environment);
    case 'ColumnRef':
      return column(expression, environment);
    case 'ParamRef':
      return environment.arguments.get(`$${Number(node['number'] ?? 0)}`) ?? unknown(environment, expression);
    case 'TypeCast':
      return castTo(expressionOf(node['arg']), expression, environment);
    case 'BoolExpr':
      return scalarOf(booleanExpression(node, environment));
    case 'NullTest': {
      const isNull = isNullTerm(evaluate(expressionOf(node['arg']), negating(environment)), environment);
      return scalarOf(node['nulltesttype'] === 'IS_NULL' ? certain(isNull) : certain(not(isNull)));
    }
    case 'BooleanTest':
      return scalarOf(
        booleanTest(String(node['booltesttype']), truthIn(expressionOf(node['arg']), negating(environment))),
      );
    case 'CoalesceExpr':
      return expressionsOf(node['args'])
        .map((item) => evaluate(item, negating(environment)))
        .reduceRight((rest, first) => either(first, rest, environment));
    case 'CaseExpr':
      return caseOf(node, environment);
    case 'SQLValueFunction':
      return sqlValue(String(node['op']), environment, expression);
    case 'CollateClause':
      return isExact(namesOf(node['collname']).at(-1)) ? value(node['arg']) : unknown(environment, expression, 'text');
    case 'FuncCall':
      return callFunction(expression, environment);
    case 'SubLink':
      return subLink(expression, environment);
    case 'A_ArrayExpr':
    case 'List':
      return {
        kind: 'list',
        isNull: FALSE_TERM,
        items: expressionsOf(node[kind === 'List' ? 'items' : 'elements']).map((item) => ({
          guard: TRUE_TERM,
          value: scalarIn(item, environment),
        })),
      };
    case 'A_Expr':
      return operatorExpression(expression, environment);
    default:
      return unknown(environment, expression);
  }
}

/** Collations in which no two texts are equal. */
const isExact = (collation: string | undefined) => /^(?:C|POSIX|ucs_basic|default)$/.test(collation ?? '');

const certain = (term: string): Truth => ({ t: term, f: not(term) });

const negating = (environment: Environment): Environment =>
  environment.nesting > 0 ? { ...environment, isNegated: true } : environment;

function isNullTerm(value: Value, { world }: Environment): string {
  if (value.kind !== 'claims') return value.isNull;
  // PostgREST sets the claims of each request. A JSON null is not SQL's NULL, but its text is.
  if (value.path.length === 0) return FALSE_TERM;
  const isMissing = world.script.symbol(`no claim ${JSON.stringify(value.path)}`, 'Bool');
  world.script.assert(any(not(isMissing), world.claim(value.path).isNull));
  return isMissing;
}

function constant(node: Expression['node'], environment: Environment): Scalar {
  const { world } = environment;
  if (node['isnull']) return { kind: 'text', term: world.text('').term, isNull: TRUE_TERM, literal: '' };
  const { sval, ival, fval, boolval } = node as {
    sval?: { sval?: string };
    ival?: { ival?: number };
    fval?: { fval?: string };
    boolval?: { boolval?: boolean };
  };
  if (sval) return world.text(sval.sval ?? '');
  if (ival) return { ...literal(String(ival.ival ?? 0), 'int', world), literal: undefined };
  if (fval) return { ...literal(fval.fval ?? '0', 'numeric', world), literal: undefined };
  return { kind: 'bool', term: boolval?.boolval ? TRUE_TERM : FALSE_TERM, isNull: FALSE_TERM };
}

function column(expression: Expression, environment: Environment): Value {
  const names = namesOf(expression.node['fields']);
  const name = names.at(-1) ?? '';
  const alias = names.at(-2);
  for (const scope of environment.scopes) {
    for (const source of scope) {
      if (alias !== undefined && source.alias !== alias) continue;
      const found = source.columns.get(name);
      if (found) return found;
    }
    // A name of an outer query is hidden by one of this query.
    const hides = ({ alias: own, columns }: Source) =>
      alias === undefined ? columns.isOpen : own === alias || (own === '' && columns.isOpen);
    if (scope.some(hides)) return unknown(environment, expression);
  }
  return environment.arguments.get(name) ?? unknown(environment, expression);
}

function castTo(inner: Expression | undefined, expression: Expression, environment: Environment): Value {
  const { node } = expression;
  const type = castType(node);
  const isArray = ((node['typeName'] as { arrayBounds?: unknown[] } | undefined)?.arrayBounds ?? []).length > 0;
  const value = evaluate(inner, environment);
  if (hasLength(node)) return unknown(environment, expression, kindOf(type));
  if (value.kind === 'claims') return /^jsonb?$/.test(type) ? value : unknown(environment, expression, kindOf(type));
  const kind = labelled(type, environment) ?? kindOf(type);
  if (value.kind === 'list') {
    return {
      ...value,
      items: value.items.map(({ guard, value: item }) => ({ guard, value: cast(item, kind, environment.world) })),
    };
  }
  if (isArray) {
    const items = arrayLiteral(value);
    if (!items) return unknown(environment, expression, `other:${type}[]`);
    const values = items.map((text) => ({ guard: TRUE_TERM, value: literal(text, kind, environment.world) }));
    return { kind: 'list', isNull: value.isNull, items: values };
  }
  // `'[]'::json`, `'{}'::jsonb`: no claims.
  if (/^jsonb?$/.test(type) && value.literal !== undefined) return { ...value, kind: 'other:json' };
  return cast(value, kind, environment.world);
}

/** True where a cast may cut or round: `varchar(3)`, `numeric(5, 2)`. */
function hasLength(node: Node): boolean {
  return ((node['typeName'] as { typmods?: unknown[] } | undefined)?.typmods ?? []).length > 0;
}

/** An enum's type has the kind of its columns. */
function labelled(type: string, { catalog, world }: Environment): Kind | undefined {
  if (kindOf(type) !== `other:${type}`) return undefined;
  const name = type.split('.').at(-1);
  for (const relation of catalog.audited.survey.relations) {
    const found = relation.columns.find((one) => one.labels && one.type.split('.').at(-1) === name);
    if (found) return world.columnKind(found);
  }
  return undefined;
}

function arrayLiteral({ literal: text }: Scalar): string[] | undefined {
  const inner = text === undefined ? undefined : /^\{([^{}"\\]*)\}$/.exec(text)?.[1];
  if (inner === undefined) return undefined;
  return inner === '' ? [] : inner.split(',').map((item) => item.trim());
}

function booleanExpression(node: Expression['node'], environment: Environment): Truth {
  const parts = expressionsOf(node['args']);
  if (node['boolop'] === 'NOT_EXPR') return negated(truthIn(parts[0], negating(environment)));
  const truths = parts.map((part) => truthIn(part, environment));
  return node['boolop'] === 'AND_EXPR' ? and(...truths) : or(...truths);
}

function booleanTest(test: string, { t, f }: Truth): Truth {
  const term = {
    IS_TRUE: t,
    IS_NOT_TRUE: not(t),
    IS_FALSE: f,
    IS_NOT_FALSE: not(f),
    IS_UNKNOWN: not(any(t, f)),
    IS_NOT_UNKNOWN: any(t, f),
  }[test];
  return certain(term ?? FALSE_TERM);
}

/** The first value, or the second where the first is null. */
function either(first: Value, second: Value, environment: Environment): Value {
  if (first.kind === 'claims' || second.kind === 'claims') {
    // The claims of a request are there, and what is in none of them is not in an empty value either.
    const isFirst = first.kind === 'claims' && (first.path.length === 0 || isEmptyJson(second));
    return isFirst ? first : unknown(environment, undefined, 'other:json');
  }
  if (first.kind === 'list' || second.kind === 'list') {
    if (first.kind !== 'list' || second.kind !== 'list') return first.kind === 'list' ? first : second;
    const items = [
      ...first.items.map((item) => ({ ...item, guard: all(not(first.isNull), item.guard) })),
      ...second.items.map((item) => ({ ...item, guard: all(first.isNull, item.guard) })),
    ];
    return { kind: 'list', items, isNull: all(first.isNull, second.isNull) };
  }
  if (first.isNull === TRUE_TERM) return second;
  if (first.isNull === FALSE_TERM) return first;
  const [left, right] = alike(first, second, environment);
  return {
    kind: left.kind,
    term: choose(left.isNull, right.term, left.term),
    isNull: all(left.isNull, right.isNull),
  };
}

const isEmptyJson = (value: Value) => isScalar(value) && /^\s*(?:\{\s*\}|\[\s*\]|null)\s*$/.test(value.literal ?? '');

/** Two values as the same kind. */
function alike(left: Scalar, right: Scalar, { world }: Environment): [Scalar, Scalar] {
  if (left.kind === right.kind) return [left, right];
  if (left.literal !== undefined) return [cast(left, right.kind, world), right];
  if (right.literal !== undefined) return [left, cast(right, left.kind, world)];
  if (left.kind === 'int' && right.kind === 'numeric') return [cast(left, 'numeric', world), right];
  return [left, cast(right, left.kind, world)];
}

function caseOf(node: Expression['node'], environment: Environment): Value {
  let evaluated: Value | undefined;
  const argument = () => (evaluated ??= evaluate(expressionOf(node['arg']), environment));
  const otherwise: Value =
    node['defresult'] === undefined
      ? { kind: 'text', term: environment.world.text('').term, isNull: TRUE_TERM, literal: '' }
      : evaluate(expressionOf(node['defresult']), environment);
  return expressionsOf(node['args']).reduceRight<Value>((rest, { node: when }) => {
    const inner = expressionOf(when['expr']);
    const result = evaluate(expressionOf(when['result']), environment);
    // A list of the claims, or an empty one: the list where it is one.
    if (result.kind === 'claims' || rest.kind === 'claims') {
      const isList = result.kind === 'claims' && isEmptyJson(rest) && asksForList(node, when, result.path, environment);
      return isList ? result : unknown(environment, { kind: 'CaseExpr', node }, 'other:json');
    }
    if (result.kind === 'list' || rest.kind === 'list') return unknown(environment, { kind: 'CaseExpr', node });
    const [left, right] = alike(result, rest, environment);
    const condition =
      node['arg'] === undefined
        ? truthIn(inner, negating(environment))
        : compare('=', argument(), evaluate(inner, environment), environment);
    return {
      kind: left.kind,
      term: choose(condition.t, left.term, right.term),
      isNull: choose(condition.t, left.isNull, right.isNull),
    };
  }, otherwise);
}

/** True for `CASE json_typeof(list) WHEN 'array' THEN list`, also as a condition. */
function asksForList(node: Node, when: Node, path: readonly string[], environment: Environment): boolean {
  const test = expressionOf(when['expr']);
  const [type, array] =
    node['arg'] === undefined && test?.kind === 'A_Expr' && namesOf(test.node['name']).at(-1) === '='
      ? [expressionOf(test.node['lexpr']), expressionOf(test.node['rexpr'])]
      : [expressionOf(node['arg']), test];
  if (textOf(array) !== 'array' || type?.kind !== 'FuncCall') return false;
  if (!/^jsonb?_typeof$/.test(namesOf(type.node['funcname']).at(-1) ?? '')) return false;
  const [argument] = expressionsOf(type.node['args']);
  const typed = evaluate(argument, environment);
  return typed.kind === 'claims' && JSON.stringify(typed.path) === JSON.stringify(path);
}

function sqlValue(op: string, environment: Environment, expression: Expression): Value {
  const { world, user } = environment;
  if (/^SVFOP_CURRENT_(?:ROLE|USER)$|^SVFOP_USER$/.test(op)) return { ...world.text(user), literal: undefined };
  if (op === 'SVFOP_SESSION_USER' && world.requester.authenticator !== undefined) {
    return { ...world.text(world.requester.authenticator), literal: undefined };
  }
  if (/^SVFOP_CURRENT_TIMESTAMP/.test(op)) return world.open('timestamptz', 'now', true);
  if (op === 'SVFOP_CURRENT_DATE') return world.open('date', 'today', true);
  if (/^SVFOP_LOCALTIMESTAMP/.test(op)) return world.open('timestamp', 'local now', true);
  return unknown(environment, expression);
}

function subLink(expression: Expression, environment: Environment): Value {
  const { node } = expression;
  const query = expressionOf(node['subselect'])?.node;
  if (!query) return unknown(environment, expression);
  const isAlternating = environment.isNegated || node['subLinkType'] === 'ALL_SUBLINK';
  if (environment.nesting > 0 && isAlternating && readsRows(query)) {
    environment.world.gaps.add(NEGATED_WITHIN);
  }
  const inner: Environment = { ...environment, nesting: environment.nesting + 1, isNegated: false };
  switch (node['subLinkType']) {
    case 'EXISTS_SUBLINK':
      return scalarOf(certain(any(...inner.sql.results(query, inner).map(({ guard }) => guard))));
    case 'EXPR_SUBLINK':
      return onlyValue(query, inner);
    case 'ARRAY_SUBLINK':
      return listOf(query, inner);
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK': {
      const tested = evaluate(expressionOf(node['testexpr']), environment);
      const operator = namesOf(node['operName']).at(-1) ?? '=';
      const list = listOf(query, inner);
      const found = isIn(operator, tested, list, environment, node['subLinkType'] === 'ALL_SUBLINK');
      return scalarOf(found);
    }
    default:
      return unknown(environment, expression);
  }
}

const TRUTHS = new Set(['SubLink', 'BoolExpr', 'NullTest', 'BooleanTest']);

function operatorExpression(expression: Expression, environment: Environment): Value {
  const { node } = expression;
  const operator = namesOf(node['name']).at(-1) ?? '';
  const side = (part: unknown) => {
    const inner = expressionOf(part);
    // A truth value that is compared counts where it is false as well.
    return evaluate(inner, inner && TRUTHS.has(inner.kind) ? negating(environment) : environment);
  };
  const left = node['lexpr'] === undefined ? undefined : side(node['lexpr']);
  const right = side(node['rexpr']);
  if (!left) return operate(operator, [right], environment, expression);
  switch (node['kind']) {
    case 'AEXPR_IN':
      return scalarOf(isIn(operator, left, asList(right, expression, environment), environment, operator !== '='));
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL': {
      const isAll = node['kind'] === 'AEXPR_OP_ALL';
      if (right.kind !== 'list') return anyOfArray(operator, left, right, expression, environment);
      return scalarOf(isIn(operator, left, right, environment, isAll));
    }
    case 'AEXPR_DISTINCT':
      return scalarOf(isDistinct(left, right, environment));
    case 'AEXPR_NOT_DISTINCT':
      return scalarOf(negated(isDistinct(left, right, environment)));
    case 'AEXPR_NULLIF': {
      if (left.kind === 'claims') return left;
      const equal = compare('=', left, right, environment);
      const scalar = scalarFrom(left, environment, expression);
      return { ...scalar, literal: undefined, truth: undefined, isNull: any(scalar.isNull, equal.t) };
    }
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN': {
      const [low, high] = right.kind === 'list' ? right.items : [];
      if (!low || !high) return unknown(environment, expression, 'bool');
      const between = and(compare('>=', left, low.value, environment), compare('<=', left, high.value, environment));
      return scalarOf(node['kind'] === 'AEXPR_BETWEEN' ? between : negated(between));
    }
    default:
      return operate(operator, [left, right], environment, expression, textOf(expressionOf(node['rexpr'])));
  }
}

function asList(value: Value, expression: Expression, environment: Environment): List {
  if (value.kind === 'list') return value;
  return {
    kind: 'list',
    isNull: FALSE_TERM,
    items: [{ guard: TRUE_TERM, value: scalarFrom(value, environment, expression) }],
  };
}

/** A comparison with each member of an array of which nothing is known: a predicate of both. */
function anyOfArray(
  operator: string,
  left: Value,
  right: Value,
  expression: Expression,
  environment: Environment,
): Value {
  const isAll = expression.node['kind'] === 'AEXPR_OP_ALL';
  if (operator === (isAll ? '<>' : '=')) {
    const found = isMember(left, right, environment);
    if (found) return scalarOf(isAll ? negated(found) : found);
  }
  const [value, array] = [left, right].map((side) => scalarFrom(side, environment, expression)) as [Scalar, Scalar];
  const found = environment.world.apply(`${operator} ${String(expression.node['kind'])}`, 'bool', [value, array]);
  environment.world.unmodelled.add(`${operator} ANY of an array`);
  return { ...found, isNull: any(found.isNull, array.isNull) };
}
