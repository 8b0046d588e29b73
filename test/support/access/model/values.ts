import { NotModelled } from './errors.ts';

/** A value that Postgres makes: any is right. */
export const UNKNOWN = Symbol('unknown');

/** JSON as Postgres keeps it, other than a text. */
export class Json {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** A value of SQL; null is NULL. */
export type SqlValue = string | number | boolean | null | typeof UNKNOWN | Json | readonly SqlValue[];

const RANGES: Readonly<Record<string, number>> = { int2: 2 ** 15, int4: 2 ** 31, int8: 2 ** 63 };
const NAMES: Readonly<Record<string, string>> = {
  int: 'int4',
  integer: 'int4',
  bigint: 'int8',
  smallint: 'int2',
  boolean: 'bool',
};

/** The value of a text in a type, as its input function reads it; undefined where it fails. */
export function readText(type: string, text: string): SqlValue | undefined {
  const name = NAMES[type] ?? type;
  const trimmed = text.trim();
  switch (name) {
    case 'text':
    case 'varchar':
      return text;
    case 'int2':
    case 'int4':
    case 'int8': {
      if (!/^[+-]?\d+$/.test(trimmed)) return undefined;
      const number = Number(trimmed);
      return number >= -RANGES[name]! && number < RANGES[name]! ? number : undefined;
    }
    case 'numeric':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : undefined;
    case 'uuid': {
      const digits = text.replace(/^\{(.*)\}$/, '$1');
      if (!/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(digits)) return undefined;
      return digits
        .replaceAll('-', '')
        .toLowerCase()
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    }
    case 'bool': {
      const word = trimmed.toLowerCase();
      if (word === '') return undefined;
      if ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on' || word === '1') return true;
      const no = 'false'.startsWith(word) || 'no'.startsWith(word) || word === 'of' || word === 'off' || word === '0';
      return no ? false : undefined;
    }
    case 'json':
    case 'jsonb':
      return new Json(JSON.parse(text));
    default:
      throw new NotModelled(`type ${type}`);
  }
}

/** A member of JSON as text, as `->>` shows it. */
export function jsonText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** -1, 0 or 1; null where one is NULL. A literal takes the type of what it is compared with. */
export function compare(left: SqlValue, right: SqlValue): number | null {
  if (left === UNKNOWN || right === UNKNOWN) throw new NotModelled('a value that Postgres makes');
  if (left === null || right === null) return null;
  const [a, b] = [comparable(left), comparable(right)];
  if (typeof a === 'number' || typeof b === 'number') return Math.sign(Number(a) - Number(b));
  const [x, y] = [String(a), String(b)];
  return x === y ? 0 : x < y ? -1 : 1;
}

function comparable(value: Exclude<SqlValue, null | typeof UNKNOWN>): string | number | boolean {
  if (value instanceof Json || Array.isArray(value)) throw new NotModelled('a comparison of JSON or arrays');
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d([T ]|$)/.test(value)) return Date.parse(value);
  return value as string | number | boolean;
}
