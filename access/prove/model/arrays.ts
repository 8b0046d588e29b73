import { cast } from './casts.ts';
import type { Environment } from './environment.ts';
import { noteTexts } from './evaluate.ts';
import { all, any, not } from './script.ts';
import { isScalar, kindOf, type Kind, type List, type Scalar, type Truth, type Value } from './values.ts';
import type { World } from './world.ts';

/** Kind of the members of an array; undefined for a value of another type. */
function membersOf({ kind }: Scalar): Kind | undefined {
  const type = /^other:(.+)\[\]$/.exec(kind)?.[1];
  return type === undefined ? undefined : kindOf(type);
}

/** Term: a value that is not null is a member of an array; undefined where their types differ. */
function memberIn(value: Scalar, array: Scalar, environment: Environment): string | undefined {
  const { world } = environment;
  const kind = membersOf(array);
  if (kind === undefined) return undefined;
  const member = value.literal === undefined ? value : cast(value, kind, world);
  if (member.kind !== kind) return undefined;
  noteTexts(kind, environment);
  const symbol = world.script.symbol(`member of ${array.kind}`, 'Bool', [world.sortOf(kind), world.sortOf(array.kind)]);
  const term = `(${symbol} ${member.term} ${array.term})`;
  world.script.assert(any(not(term), not(about('empty', array, world))));
  return term;
}

function about(words: string, { kind, term }: Scalar, world: World): string {
  return `(${world.script.symbol(`${words} ${kind}`, 'Bool', [world.sortOf(kind)])} ${term})`;
}

/** Truth of `value = ANY (array)`, of an array of which nothing is known but its members. */
export function isMember(value: Value, array: Value, environment: Environment): Truth | undefined {
  if (!isScalar(value) || !isScalar(array)) return undefined;
  const member = memberIn(value, array, environment);
  if (member === undefined) return undefined;
  const { world } = environment;
  const [isEmpty, hasNull] = [about('empty', array, world), about('null in', array, world)];
  world.unmodelled.add('= ANY of an array');
  const isKnown = all(not(value.isNull), not(isEmpty));
  return {
    t: all(not(array.isNull), isKnown, member),
    // An empty array has no members: even an unknown value is none of them.
    f: all(not(array.isNull), any(isEmpty, all(isKnown, not(member), not(hasNull)))),
  };
}

/** Truth of `@>`, `<@` and `&&` between an array and a list; undefined for other operands. */
export function comparesArrays(
  operator: string,
  left: Value,
  right: Value | undefined,
  environment: Environment,
): Truth | undefined {
  if (operator === '<@') return right && comparesArrays('@>', right, left, environment);
  if (operator !== '@>' && operator !== '&&') return undefined;
  const isTurned = operator === '&&' && left.kind === 'list';
  const [array, list] = isTurned ? [right, left] : [left, right];
  if (!array || !isScalar(array) || list?.kind !== 'list') return undefined;
  return compares(operator, array, list, environment);
}

function compares(operator: '@>' | '&&', array: Scalar, list: List, environment: Environment): Truth | undefined {
  const found: { readonly guard: string; readonly isIn: string }[] = [];
  for (const { guard, value } of list.items) {
    const member = memberIn(value, array, environment);
    if (member === undefined) return undefined;
    // A member that is null is in no array.
    found.push({ guard, isIn: all(not(value.isNull), member) });
  }
  environment.world.unmodelled.add(`operator ${operator}`);
  const isKnown = all(not(array.isNull), not(list.isNull));
  const term =
    operator === '@>'
      ? all(...found.map(({ guard, isIn }) => any(not(guard), isIn)))
      : any(...found.map(({ guard, isIn }) => all(guard, isIn)));
  return { t: all(isKnown, term), f: all(isKnown, not(term)) };
}
