import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { Property } from '../prove/property.ts';
import type { CheckRequest } from './request.ts';
import type { Row } from './rows.ts';

/** A row of the property's table, and what its condition says of it. */
export interface Marked {
  readonly row: Row;
  readonly meets: boolean;
}

/** Rows of the property's table around a request. */
export interface Around {
  readonly before: readonly Marked[];
  readonly after: readonly Marked[];
}

/** A command that a row outside of the limit met. */
interface Effect {
  readonly command: RowCommand;
  /** Columns of an update; undefined if it is not known which. */
  readonly columns?: readonly string[] | undefined;
}

const WRITES: readonly RowCommand[] = ['insert', 'update', 'delete'];

/**
 * Tests if a request changed or deleted a row that the condition does not meet, or left one.
 *
 * @param key columns of the primary key; undefined without one
 */
export function writesOutside(
  { relation, commands, columns }: Property,
  request: CheckRequest,
  { before, after }: Around,
  key: readonly string[] | undefined,
): boolean {
  const isDirect = request.target.schema === relation.schema && request.target.name === relation.name;
  const isUpdate = isDirect && request.kind === 'update';
  const others = key === undefined && !isDirect;
  const coversAll = WRITES.every((command) => commands.includes(command));
  // Functions and foreign keys do any command: a row without its key may be a deleted or an updated one.
  if (!coversAll && !isUpdate && (others || changesKeys(before, after, key))) return false;
  return effectsOutside({ before, after }, key, isUpdate ? 'update' : undefined).some(
    (effect) =>
      coversAll ||
      (commands.includes(effect.command) &&
        (effect.command !== 'update' ||
          !columns ||
          (effect.columns ?? columns).some((name) => columns.includes(name)))),
  );
}

function effectsOutside(
  { before, after }: Around,
  key: readonly string[] | undefined,
  command: 'update' | undefined,
): Effect[] {
  const compared = (rows: readonly Marked[], others: readonly Marked[], alone: RowCommand) => {
    const outside = rows.filter(({ meets }) => !meets).map(({ row }) => row);
    const all = others.map(({ row }) => row);
    return remains(outside, all, textOf).map((row): Effect => {
      const other = key && all.find((one) => keyOf(one, key) === keyOf(row, key));
      return other ? { command: 'update', columns: differing(row, other) } : { command: command ?? alone };
    });
  };
  return [...compared(before, after, 'delete'), ...compared(after, before, 'insert')];
}

/** True where keys are gone and others are there: rows of which no one knows if they are the same. */
function changesKeys(before: readonly Marked[], after: readonly Marked[], key: readonly string[] | undefined): boolean {
  if (!key) return false;
  const [old, now] = [before, after].map((marked) => marked.map(({ row }) => keyOf(row, key))) as [string[], string[]];
  return remains(old, now, String).length > 0 && remains(now, old, String).length > 0;
}

const keyOf = (row: Row, key: readonly string[]) => JSON.stringify(key.map((column) => row[column]));
export const textOf = (row: Row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));

function differing(row: Row, other: Row): string[] {
  return Object.keys(row).filter((column) => JSON.stringify(row[column]) !== JSON.stringify(other[column]));
}

/** Items that the others do not have as often. */
export function remains<T>(items: readonly T[], others: readonly T[], text: (item: T) => string): T[] {
  const left = others.map(text);
  return items.filter((item) => {
    const at = left.indexOf(text(item));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
