import type { RowValues } from '../../../../access/prove/verdict.ts';
import type { Random } from './random.ts';

/** Types of columns and expressions. */
export const TYPES = ['int', 'text', 'uuid', 'bool', 'numeric', 'date', 'timestamptz', 'api.mood'] as const;
export type Type = (typeof TYPES)[number];

export const UUIDS = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);

/** Few values of each type, so that many are equal. */
export const POOL: Readonly<Record<Type, readonly string[]>> = {
  int: ['0', '1', '2', '7', '-3'],
  text: ['a', 'b', '7', '', '07', 'true', UUIDS[0]!, 'ok'],
  uuid: UUIDS,
  bool: ['true', 'false'],
  numeric: ['1', '7', '2.5', '-3', '7.0'],
  date: ['2024-02-29', '2024-03-01', '2999-01-01'],
  timestamptz: ['2024-02-29 12:00:00+00', '2024-03-01 00:00:00+00', '2999-01-01 00:00:00+00'],
  'api.mood': ['sad', 'ok', 'happy'],
};

export interface Column {
  readonly name: string;
  readonly type: Type;
  readonly required: boolean;
}

export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

export function randomRow(columns: readonly Column[], random: Random): RowValues {
  return Object.fromEntries(
    columns.map(({ name, type, required }) => [name, !required && random.chance(30) ? null : random.pick(POOL[type])]),
  );
}

/** Claims of a token: many are missing, null, or of another type. */
export function randomClaims(random: Random): Record<string, unknown> {
  const claims: Record<string, unknown> = {};
  const maybe = (name: string, values: readonly unknown[]) => {
    if (!random.chance(25)) claims[name] = random.pick(values);
  };
  maybe('user_id', [7, 7, 1, 2, '7', '07', '1', null, '', 'x']);
  maybe('org', [UUIDS[0], UUIDS[0], UUIDS[1], UUIDS[1], UUIDS[0]!.toUpperCase(), null, 'none']);
  maybe('name', ['a', 'a', 'b', '7', 7, true, null, '']);
  maybe('flag', [true, false, 'true', 'f', null, 'x']);
  maybe('orgs', [[UUIDS[0]], [UUIDS[0], UUIDS[1]], [UUIDS[1], null], [], 'none', null]);
  maybe('names', [['a'], ['a', 'b'], ['b', null, '7'], [null], [], 'a']);
  if (random.chance(70)) {
    const app: Record<string, unknown> = {};
    if (random.chance(70)) app['role'] = random.pick(['a', 'b', null]);
    if (random.chance(70)) app['org'] = random.pick([UUIDS[0], UUIDS[1], null]);
    if (random.chance(70)) app['level'] = random.pick([1, 2, '2', 7]);
    claims['app'] = app;
  }
  return claims;
}

/** Text of a claim, as `->>` gives it. */
export function claimText(claims: unknown, path: readonly string[]): string | null {
  const value = valueAt(claims, path);
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function valueAt(claims: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    claims,
  );
}
