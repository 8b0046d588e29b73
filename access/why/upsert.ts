import { fix } from '../../audit/fix.ts';
import type { SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Step } from './explanation.ts';
import type { NeededGrant } from './grants.ts';
import type { ApiRequest } from './request/api-request.ts';
import type { Resolution } from './request/preferences.ts';
import { splitList } from './request/split-list.ts';

/** What an INSERT does with a row that exists. */
export interface Conflict {
  readonly resolution: Resolution;
  /** Columns by which rows are the same: those of `on_conflict`, or else the primary key. */
  readonly columns: readonly string[];
}

/** The conflict that a request resolves; undefined where Postgres rejects a row that exists. Of a table without a key, PostgREST does not resolve any. */
export function conflictOf(
  relation: SurveyedRelation,
  { method, target, resolution }: ApiRequest,
): Conflict | undefined {
  const given = new URLSearchParams(target.split('?').slice(1).join('?')).get('on_conflict');
  const key = primaryKey(relation);
  if (method === 'PUT') return { resolution: 'merge-duplicates', columns: key };
  if (method !== 'POST' || resolution === undefined) return undefined;
  const columns = given === null ? key : splitList(given).map((name) => name.trim().replace(/^"(.*)"$/s, '$1'));
  return columns.length === 0 ? undefined : { resolution, columns };
}

function primaryKey({ indexes }: SurveyedRelation): readonly string[] {
  return indexes.find(({ primary }) => primary)?.keys ?? [];
}

/** SQL of it. PostgREST sets every column that is sent, also those of the key. */
export function conflictClause({ resolution, columns }: Conflict, written: readonly string[]): string {
  const target = `ON CONFLICT (${columns.map(quoteIdentifier).join(', ')})`;
  if (resolution === 'ignore-duplicates') return `${target} DO NOTHING`;
  const set = written.map(quoteIdentifier).map((name) => `${name} = EXCLUDED.${name}`);
  return `${target} DO UPDATE SET ${set.join(', ')}`;
}

/** Grants that it needs besides INSERT. */
export function grantsForConflict({ resolution, columns }: Conflict, written: readonly string[]): NeededGrant[] {
  const compared: NeededGrant = {
    command: 'select',
    columns,
    reason: `an upsert looks for rows with the same ${columns.join(', ')}`,
  };
  if (resolution === 'ignore-duplicates') return [compared];
  const reason = 'an upsert sets every sent column of a row that exists, also those of its key';
  return [{ command: 'update', columns: written, reason }, compared];
}

/** The step of a `PUT` that does not name one row by its primary key, or whose body is another row. */
export function wrongPut(relation: SurveyedRelation, { method, target, body = [] }: ApiRequest): Step | undefined {
  if (method !== 'PUT') return undefined;
  const key = primaryKey(relation);
  const parameters = new URLSearchParams(target.split('?').slice(1).join('?'));
  const filters = [...parameters].filter(([name]) => !['select', 'columns'].includes(name));
  const place = `${relation.schema}.${relation.name}`;
  const byKey = key.map((name) => `${name}=eq.${valueText(body[0], name) ?? '...'}`).join('&');
  const isByKey =
    key.length > 0 &&
    filters.length === key.length &&
    key.every((name) => filters.some(([filtered, value]) => filtered === name && value.startsWith('eq.')));
  if (!isByKey) {
    const words = `PUT writes one row of ${place} by its primary key, and the filters are not exactly that key`;
    return decided(words, key.length === 0 ? 'give the table a primary key, or send POST' : `filter by ${byKey}`);
  }
  const differs = filters.find(([name, value]) => valueText(body[0], name) !== value.slice('eq.'.length));
  if (body.length === 1 && differs === undefined) return undefined;
  const words =
    body.length === 1
      ? `the body of PUT has ${differs![0]} ${JSON.stringify(body[0]?.[differs![0]] ?? null)}, and the address ${differs![1].slice('eq.'.length)}`
      : `the body of PUT has ${body.length} rows`;
  return decided(words, `send one row, to ${byKey}`);
}

function decided(words: string, advice: string): Step {
  return { stage: 'address', outcome: 'decided', words, fix: fix(advice) };
}

/** A sent value as an address has it; undefined for none. */
function valueText(row: Readonly<Record<string, unknown>> | undefined, column: string): string | undefined {
  const value = row?.[column] ?? undefined;
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
}
