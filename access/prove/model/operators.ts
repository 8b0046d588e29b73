import { namesOf, type Expression } from '../../../postgres/expressions/parse-expression.ts';
import { comparesArrays } from './arrays.ts';
import { cast } from './casts.ts';
import type { Environment } from './environment.ts';
import { noteTexts, scalarFrom, unknown } from './evaluate.ts';
import { all, any, FALSE_TERM, not, same } from './script.ts';
import {
  isNumber,
  isScalar,
  negated,
  scalarOf,
  type Kind,
  type List,
  type Scalar,
  type Truth,
  type Value,
} from './values.ts';

const ORDERS: Readonly<Record<string, string>> = { '<': '<', '<=': '<=', '>': '>', '>=': '>=' };
const ORDERED: readonly Kind[] = ['int', 'numeric', 'date', 'timestamp', 'timestamptz'];

/** Result of a comparison of two values. */
export function compare(operator: string, left: Value, right: Value, environment: Environment): Truth {
  if (!isScalar(left) || !isScalar(right)) {
    const name = `comparison of ${left.kind} with ${right.kind}`;
    const found = environment.world.fresh('bool', name);
    return { t: all(not(found.isNull), found.term), f: all(not(found.isNull), not(found.term)) };
  }
  const [one, other] = comparable(left, right, environment);
  const isKnown = all(not(one.isNull), not(other.isNull));
  if (operator === '<>' || operator === '!=') return negated(compare('=', left, right, environment));
  const term = comparison(operator, one, other, environment);
  return { t: all(isKnown, term), f: all(isKnown, not(term)) };
}

function comparison(operator: string, left: Scalar, right: Scalar, environment: Environment): string {
  const { world } = environment;
  if (left.kind === right.kind) {
    noteTexts(left.kind, environment);
    if (operator === '=') return same(left.term, right.term);
    const order = ORDERS[operator];
    if (order !== undefined && ORDERED.includes(left.kind)) return `(${order} ${left.term} ${right.term})`;
  }
  if (operator !== '=' || left.kind !== right.kind) world.unmodelled.add(`${left.kind} ${operator} ${right.kind}`);
  const sorts = [world.sortOf(left.kind), world.sortOf(right.kind)];
  return `(${world.script.symbol(`${left.kind} ${operator} ${right.kind}`, 'Bool', sorts)} ${left.term} ${right.term})`;
}

/** Two values as kinds that can be compared. */
function comparable(left: Scalar, right: Scalar, { world }: Environment): [Scalar, Scalar] {
  if (left.kind === right.kind) return [left, right];
  if (left.literal !== undefined) return [cast(left, right.kind, world), right];
  if (right.literal !== undefined) return [left, cast(right, left.kind, world)];
  if (isNumber(left) && isNumber(right)) return [cast(left, 'numeric', world), cast(right, 'numeric', world)];
  return [left, right];
}

export function isDistinct(left: Value, right: Value, environment: Environment): Truth {
  if (!isScalar(left) || !isScalar(right)) return compare('<>', left, right, environment);
  const equal = compare('=', left, right, environment);
  const alike = any(equal.t, all(left.isNull, right.isNull));
  return { t: not(alike), f: alike };
}

/** Comparison of a value with some member of a list, or with all of them. */
export function isIn(operator: string, value: Value, list: List, environment: Environment, isAll = false): Truth {
  const results = list.items.map(({ guard, value: item }) => ({
    guard,
    ...compare(operator, value, item, environment),
  }));
  const isKnown = not(list.isNull);
  if (isAll) {
    return {
      t: all(isKnown, ...results.map(({ guard, t }) => any(not(guard), t))),
      f: all(isKnown, any(...results.map(({ guard, f }) => all(guard, f)))),
    };
  }
  return {
    t: all(isKnown, any(...results.map(({ guard, t }) => all(guard, t)))),
    f: all(isKnown, ...results.map(({ guard, f }) => any(not(guard), f))),
  };
}

const COMPARISONS = new Set(['=', '<>', '!=', '<', '<=', '>', '>=']);
const ARITHMETIC = new Set(['+', '-', '*']);
/** Operators of texts and arrays whose result is one truth value. */
const PREDICATES = /^(?:!?~~?\*?|!?~\*?|@>|<@|&&|\?[|&]?|@@)$/;

/** Result of an operator with one or two operands. */
export function operate(
  operator: string,
  operands: readonly Value[],
  environment: Environment,
  expression: Expression,
  key?: string,
): Value {
  const [left, right] = operands as [Value, Value | undefined];
  const isOwn = namesOf(expression.node['name']).length < 2 || namesOf(expression.node['name'])[0] === 'pg_catalog';
  if (!isOwn) return unknown(environment, expression, 'bool');
  if (left.kind === 'claims') return operateOnClaims(operator, left.path, key, environment, expression);
  if (right && COMPARISONS.has(operator)) return scalarOf(compare(operator, left, right, environment));
  const compared = comparesArrays(operator, left, right, environment);
  if (compared) return scalarOf(compared);
  const scalars = operands.map((operand) => scalarFrom(operand, environment, expression));
  const isNull = any(...scalars.map((scalar) => scalar.isNull));
  const numbers = scalars.map((scalar, n) =>
    scalar.literal !== undefined && scalars[1 - n] && isNumber(scalars[1 - n]!)
      ? cast(scalar, scalars[1 - n]!.kind, environment.world)
      : scalar,
  );
  // Only whole numbers are computed: infinity + 1 is infinity.
  if (ARITHMETIC.has(operator) && numbers.every(({ kind }) => kind === 'int')) {
    return { kind: 'int', term: `(${operator} ${numbers.map(({ term }) => term).join(' ')})`, isNull };
  }
  const result = resultOf(operator, numbers);
  environment.world.unmodelled.add(`operator ${operator}`);
  // The result is unknown, but the same for the same operands. These operators are strict: null gives null.
  return { ...environment.world.apply(`operator ${operator}`, result, scalars), isNull };
}

/** Kind of the result of an operator that the model does not compute. */
function resultOf(operator: string, operands: readonly Scalar[]): Kind {
  if (PREDICATES.test(operator)) return 'bool';
  if (operator === '->>' || operator === '#>>') return 'text';
  const kinds = operands.map(({ kind }) => kind);
  if (operator === '||') return kinds.every((kind) => kind === 'text') ? 'text' : 'other:any';
  if (operands.every(isNumber)) return kinds.every((kind) => kind === 'int') ? 'int' : 'numeric';
  return 'other:any';
}

function operateOnClaims(
  operator: string,
  path: readonly string[],
  key: string | undefined,
  environment: Environment,
  expression: Expression,
): Value {
  const { world } = environment;
  const keys = key === undefined ? undefined : operator.startsWith('#') ? pathOf(key) : [key];
  if (!keys) return unknown(environment, expression, 'other:json');
  if (operator === '->' || operator === '#>') return { kind: 'claims', path: [...path, ...keys] };
  if (operator === '->>' || operator === '#>>') return world.claim([...path, ...keys]);
  if (operator === '?') {
    // A list, or an object: what is in the one is not in the other.
    const members = world.claimList([...path, '?']);
    const wanted = world.text(key!);
    const has = any(...members.map(({ guard, value }) => all(guard, same(value.term, wanted.term))));
    return { kind: 'bool', term: has, isNull: FALSE_TERM };
  }
  return unknown(environment, expression, 'bool');
}

function pathOf(text: string): string[] | undefined {
  const inner = /^\{([^{}"\\]*)\}$/.exec(text)?.[1];
  return inner?.split(',').map((part) => part.trim());
}
