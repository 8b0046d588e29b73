import type { Answer } from '../../../access/check/run-requests.ts';
import type { Row } from '../../../access/check/rows.ts';
import type { Expected } from './model/model.ts';
import type { Tuple } from './model/query.ts';
import { Json, UNKNOWN, type SqlValue } from './model/values.ts';

/** How an answer differs from what the model expects; undefined where it does not. */
export function differenceOf(
  expected: Expected,
  answer: Answer,
  ignored: ReadonlySet<string> = new Set(),
): string | undefined {
  if ('code' in answer) {
    const code = codeOf(answer);
    if ('refused' in expected) {
      return expected.refused.has(code)
        ? undefined
        : `${code} (${answer.message}) instead of ${[...expected.refused].join(' or ')}`;
    }
    return `${code} (${answer.message}) instead of ${expected.count} rows ${show(expected.rows)}`;
  }
  if ('refused' in expected)
    return `${answer.count} rows ${JSON.stringify(answer.rows)} instead of ${[...expected.refused].join(' or ')}`;
  if (answer.count !== expected.count)
    return `${answer.count} rows ${JSON.stringify(answer.rows)} instead of ${expected.count} ${show(expected.rows)}`;
  if (expected.rows && !sameRows(expected.rows, answer.rows ?? [], ignored)) {
    return `rows ${JSON.stringify(answer.rows)} instead of ${show(expected.rows)}`;
  }
  for (const [table, rows] of Object.entries(answer.state ?? {})) {
    if (ignored.has(table)) continue;
    const wanted = expected.state.get(table) ?? [];
    if (!sameRows(wanted, rows, ignored)) return `${table} then has ${JSON.stringify(rows)} instead of ${show(wanted)}`;
  }
  return undefined;
}

/** The code of an error; Postgres has one for a missing privilege and a row that policies reject. */
function codeOf({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code !== '42501') return code;
  return message.includes('row-level security') ? 'policy' : 'permission';
}

/** The same rows in any order. */
function sameRows(expected: readonly Tuple[], actual: readonly Row[], ignored: ReadonlySet<string>): boolean {
  if (expected.length !== actual.length) return false;
  const left = actual.map((row) => ({ ...row }));
  return expected.every((row) => {
    const at = left.findIndex((other) => same(row, other, ignored));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

function same(expected: unknown, actual: unknown, ignored: ReadonlySet<string>): boolean {
  if (expected === UNKNOWN) return true;
  if (expected instanceof Json) return same(expected.value, actual, ignored);
  if (typeof expected === 'object' && expected !== null && typeof actual === 'object' && actual !== null) {
    return Object.entries(expected).every(
      ([name, value]) => ignored.has(name) || same(value, (actual as Tuple)[name], ignored),
    );
  }
  return normal(expected) === normal(actual);
}

/** A moment has several spellings. */
function normal(value: unknown): unknown {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : value;
}

function show(rows: readonly Tuple[] | null): string {
  return JSON.stringify(rows, (_, value: SqlValue) =>
    value === UNKNOWN ? '(any)' : value instanceof Json ? value.value : value,
  );
}
