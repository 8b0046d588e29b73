import type { ShapeColumn } from './table-shape.ts';

const DAY_MS = 86_400_000;

/**
 * A value for a column that a counterexample says nothing about, as Postgres reads it; undefined for a type that is not known.
 *
 * @param number values of different numbers differ, where the type has so many
 */
export function sampleValue({ base, label }: ShapeColumn, number: number): string | undefined {
  if (label !== null) return label;
  if (base.endsWith('[]')) return '{}';
  const [, type = '', length] = /^([a-z_ ]+?)(?:\((\d+)[^)]*\))?( with(?:out)? time zone)?$/.exec(base) ?? [];
  const day = new Date(Date.UTC(2030, 0, 1) + number * DAY_MS).toISOString().slice(0, 10);
  switch (type.trim()) {
    case 'boolean':
      return 'false';
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'numeric':
    case 'real':
    case 'double precision':
    case 'money':
      return String(number);
    case 'uuid':
      return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    case 'text':
    case 'citext':
    case 'name':
    case 'character varying':
    case 'character':
    case 'bpchar':
      return shortened(`sample ${number}`, String(number), length);
    case 'date':
    case 'timestamp':
    case 'timestamp with time zone':
    case 'timestamp without time zone':
      return day;
    case 'time':
    case 'time with time zone':
    case 'time without time zone':
      return '12:00';
    case 'interval':
      return `${number} days`;
    case 'json':
    case 'jsonb':
      return '{}';
    case 'bytea':
      return `\\x${number.toString(16).padStart(8, '0')}`;
    case 'inet':
    case 'cidr':
      return `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
    default:
      return type.endsWith('range') ? 'empty' : undefined;
  }
}

/** Values that could satisfy a CHECK: its own constants, and numbers beside them. */
export function valuesFor(definition: string): readonly string[] {
  const texts = [...definition.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'"));
  const numbers = [...definition.replaceAll(/'(?:[^']|'')*'/g, '').matchAll(/\b\d+(?:\.\d+)?\b/g)].map(Number);
  return [
    ...new Set([...texts, ...numbers.flatMap((one) => [one + 1, one, one - 1].map(String)), '1', '0', 'a@example.org']),
  ];
}

function shortened(text: string, brief: string, length: string | undefined): string {
  if (length === undefined || text.length <= Number(length)) return text;
  return brief.slice(-Number(length));
}
