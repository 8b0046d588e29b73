import { choose, FALSE_TERM, same, TRUE_TERM } from './script.ts';
import { isExact, type Kind, type Scalar } from './values.ts';
import type { World } from './world.ts';

/** A constant of a kind by its text; undefined if the model does not read the text. */
function constantOf(kind: Kind, text: string, world: World): string | undefined {
  switch (kind) {
    case 'bool':
      if (/^(?:t|true|y|yes|on|1)$/i.test(text)) return TRUE_TERM;
      return /^(?:f|false|n|no|off|0)$/i.test(text) ? FALSE_TERM : undefined;
    case 'int':
      return /^\s*-?\d+\s*$/.test(text) ? integer(BigInt(text.trim())) : undefined;
    case 'numeric':
      return /^\s*-?\d+(?:\.\d+)?\s*$/.test(text) ? real(text.trim()) : undefined;
    case 'text':
      return world.text(text).term;
    case 'uuid': {
      if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) return undefined;
      const term = world.script.distinct(`uuid ${text.toLowerCase()}`, 'Uuid');
      world.constants.set(term, { term, kind, text: text.toLowerCase() });
      return term;
    }
    case 'date':
    case 'timestamp':
    case 'timestamptz': {
      const milliseconds = Date.parse(isoOf(text, kind) ?? '');
      if (Number.isNaN(milliseconds)) return undefined;
      if (kind === 'date') return integer(BigInt(Math.floor(milliseconds / 86_400_000)));
      return real((milliseconds / 1000).toFixed(3));
    }
    default: {
      const key = `${kind} ${text}`;
      const sort = world.sortOf(kind);
      // Labels of an enum are what they are; texts of other types may mean the same value.
      const term = kind.startsWith('other:enum ') ? world.script.distinct(key, sort) : world.script.symbol(key, sort);
      world.constants.set(term, { term, kind, text });
      return term;
    }
  }
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d(?::\d\d)?)?)?$/;

/** A time as JavaScript reads it; undefined where it depends on more than its text, such as the session's time zone. */
function isoOf(text: string, kind: Kind): string | undefined {
  const [, day, time = '00:00', zone] = TIME.exec(text) ?? [];
  if (day === undefined) return undefined;
  // Types without a zone read past one.
  if (kind === 'date') return `${day}T00:00Z`;
  if (kind === 'timestamp') return `${day}T${time}Z`;
  return zone === undefined ? undefined : `${day}T${time}${zone.length === 3 ? `${zone}:00` : zone}`;
}

function integer(value: bigint): string {
  return value < 0n ? `(- ${-value})` : String(value);
}

function real(text: string): string {
  const positive = text.replace('-', '');
  const decimal = positive.includes('.') ? positive : `${positive}.0`;
  return text.startsWith('-') ? `(- ${decimal})` : decimal;
}

/** A constant with its text. */
export function literal(text: string, kind: Kind, world: World): Scalar {
  const term = constantOf(kind, text, world);
  if (term === undefined) return { ...world.open(kind, `literal ${kind} ${text}`), literal: text };
  return { kind, term, isNull: FALSE_TERM, literal: text };
}

/** A value in another type. An error ends the request, so that any value may stand for it. */
export function cast(value: Scalar, kind: Kind, world: World): Scalar {
  if (value.kind === kind) return value;
  if (value.literal !== undefined) return { ...literal(value.literal, kind, world), isNull: value.isNull };
  const { term, isNull } = value;
  if (value.kind === 'text') return fromText(value, kind, world);
  if (kind === 'text') return toText(value, world);
  if (value.kind === 'int' && kind === 'numeric') return { kind, term: `(to_real ${term})`, isNull };
  if (value.kind === 'bool' && kind === 'int') return { kind, term: choose(term, '1', '0'), isNull };
  if (value.kind === 'int' && kind === 'bool') return { kind, term: `(distinct ${term} 0)`, isNull };
  return { ...applied(`cast to ${kind}`, value, kind, world), isNull };
}

function applied(name: string, value: Scalar, kind: Kind, world: World): Scalar {
  const symbol = world.script.symbol(`${name} of ${value.kind} as ${kind}`, world.sortOf(kind), [
    world.sortOf(value.kind),
  ]);
  return { kind, term: `(${symbol} ${value.term})`, isNull: value.isNull };
}

function fromText(value: Scalar, kind: Kind, world: World): Scalar {
  const result = applied('cast', value, kind, world);
  if (!world.casts.some((known) => known.value === result.term)) {
    world.casts.push({ text: value.term, kind, value: result.term });
  }
  return result;
}

/** Text of a value, from which the value can be read again. */
function toText(value: Scalar, world: World): Scalar {
  if (value.kind === 'bool') {
    const term = choose(value.term, world.text('true').term, world.text('false').term);
    return { kind: 'text', term, isNull: value.isNull };
  }
  const text = isExact(value.kind)
    ? applied('text', value, 'text', world)
    : { ...world.open('text', `text of ${value.term} as ${value.kind}`), isNull: value.isNull };
  world.script.assert(same(fromText(text, value.kind, world).term, value.term));
  return text;
}

/** A cast that gives NULL where the text is none of the type. */
export function tryCast(value: Scalar, kind: Kind, world: World): Scalar {
  if (value.kind !== 'text' || kind === 'text') return cast(value, kind, world);
  // A constant that the model reads is valid; what another one is, Postgres knows.
  const isRead = value.literal !== undefined && !kind.startsWith('other:') && constantOf(kind, value.literal, world);
  if (isRead) return cast(value, kind, world);
  const result = cast(value, kind, world);
  const valid = world.script.symbol(`valid ${kind}`, 'Bool', ['Text']);
  return { ...result, isNull: `(or ${result.isNull} (not (${valid} ${value.term})))` };
}
