import { all, any, FALSE_TERM, not, TRUE_TERM } from './script.ts';
import type { Row } from './world.ts';

/** Kinds of values that the model tells apart; `other:` is one of any other type, of which only equality is known. */
export type Kind =
  'bool' | 'int' | 'numeric' | 'text' | 'uuid' | 'date' | 'timestamp' | 'timestamptz' | `other:${string}`;

/** A value of SQL: `term` counts only where `isNull` does not hold. */
export interface Scalar {
  readonly kind: Kind;
  readonly term: string;
  readonly isNull: string;
  /** Text of a constant that takes the type that its place needs. */
  readonly literal?: string | undefined;
  /** The same as a truth value, if it is made of one. */
  readonly truth?: Truth | undefined;
}

/** A part of the claims, as JSON. */
export interface Claims {
  readonly kind: 'claims';
  readonly path: readonly string[];
}

/** Values of an array: those whose guard holds. */
export interface List {
  readonly kind: 'list';
  readonly items: readonly { readonly guard: string; readonly value: Scalar }[];
  readonly isNull: string;
}

export type Value = Scalar | Claims | List;

/** Truth in SQL: null where neither holds. */
export interface Truth {
  readonly t: string;
  readonly f: string;
}

export const YES: Truth = { t: TRUE_TERM, f: FALSE_TERM };
export const NO: Truth = { t: FALSE_TERM, f: TRUE_TERM };

/** A row of a query's result: it is in it where the guard holds. */
export interface Found {
  readonly guard: string;
  readonly columns: readonly (readonly [name: string, value: Value])[];
  /** True if it may have columns of other names. */
  readonly isOpen?: boolean;
  /** Rows of tables of which it is made, and those that sub-selects in its columns read. */
  readonly uses: readonly Use[];
}

/** A row that is used where the guard holds. */
export interface Use {
  readonly row: Row;
  readonly guard: string;
}

const NAMES: readonly (readonly [Kind, readonly string[]])[] = [
  ['bool', ['bool', 'boolean']],
  ['int', ['int', 'int2', 'int4', 'int8', 'integer', 'smallint', 'bigint', 'serial', 'bigserial']],
  ['numeric', ['numeric', 'decimal']],
  ['text', ['text', 'varchar', 'character varying', 'name']],
  ['uuid', ['uuid']],
  ['date', ['date']],
  ['timestamp', ['timestamp', 'timestamp without time zone']],
  ['timestamptz', ['timestamptz', 'timestamp with time zone']],
];
const KINDS = new Map(NAMES.flatMap(([kind, names]) => names.map((name) => [name, kind] as const)));

/** Kind of a type by its name in SQL. */
export function kindOf(type: string): Kind {
  const name = type.replace(/^pg_catalog\./, '').replace(/\(.*\)/, '');
  return KINDS.get(name) ?? `other:${name}`;
}

export function isScalar(value: Value): value is Scalar {
  return value.kind !== 'claims' && value.kind !== 'list';
}

/** True for kinds of which equal values are the same in every way. */
export function isExact(kind: Kind): boolean {
  return (kind !== 'numeric' && !kind.startsWith('other:')) || kind.startsWith('other:enum ');
}

export function isNumber({ kind }: Value): boolean {
  return kind === 'int' || kind === 'numeric';
}

export function truthOf({ term, isNull, truth }: Scalar): Truth {
  return truth ?? { t: all(not(isNull), term), f: all(not(isNull), not(term)) };
}

export function scalarOf(truth: Truth): Scalar {
  const { t, f } = truth;
  // One of two opposites always holds: the value is never null.
  return { kind: 'bool', term: t, isNull: not(t) === f ? FALSE_TERM : not(any(t, f)), truth };
}

export function and(...parts: readonly Truth[]): Truth {
  return { t: all(...parts.map(({ t }) => t)), f: any(...parts.map(({ f }) => f)) };
}

export function or(...parts: readonly Truth[]): Truth {
  return { t: any(...parts.map(({ t }) => t)), f: all(...parts.map(({ f }) => f)) };
}

export function negated({ t, f }: Truth): Truth {
  return { t: f, f: t };
}
