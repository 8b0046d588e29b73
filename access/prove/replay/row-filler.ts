import type pg from 'pg';
import { statementsOf } from '../../../postgres/statements.ts';
import { quoteLiteral } from '../../../postgres/quote.ts';
import type { RowValues } from '../verdict.ts';
import { sampleValue, valuesFor } from './sample-value.ts';
import type { ShapeColumn, TableShape } from './table-shape.ts';

const statement = statementsOf('access/replay');

/** Codes of Postgres, class 23. */
const NOT_NULL = '23502';
const UNIQUE = '23505';
const CHECK = '23514';

/** How often a row is filled in another way before it is given up. */
const MOST_TRIES = 60;

/** Numbers of values: far from those of other rows. */
let number = 41_000;

/** Finds values for the columns of a row that are not given, so that Postgres stores it. */
export interface RowFiller {
  /** SQL of each value, by column. */
  values(): ReadonlyMap<string, string>;
  /** Values as texts, where no default counts. */
  texts(): RowValues;
  /** Chooses other values after an error of Postgres; false if there is nothing left to try. */
  retry(client: pg.ClientBase, error: pg.DatabaseError): Promise<boolean>;
}

/**
 * Makes a filler of one row.
 *
 * @param mayFill columns that it may fill; those of a request are the granted ones. @default all
 * @param keepsDefaults true to leave out columns with a default, as a client does
 */
export function rowFiller(
  shape: TableShape,
  given: RowValues,
  {
    mayFill = () => true,
    keepsDefaults = false,
  }: { mayFill?: (column: string) => boolean; keepsDefaults?: boolean } = {},
): RowFiller {
  const columns = new Map(shape.columns.map((column) => [column.name, column]));
  const filled = new Map<string, string>();
  const texts = new Map<string, string>();
  const isFree = (name: string) => {
    const column = columns.get(name);
    return column !== undefined && !Object.hasOwn(given, name) && !column.generated && mayFill(name);
  };
  const fill = (column: ShapeColumn): boolean => {
    const value = sampleValue(column, ++number);
    if (value === undefined) return false;
    texts.set(column.name, value);
    const literal = `${quoteLiteral(value)}::${column.type}`;
    const isSequence = column.default?.includes('nextval(') ?? false;
    filled.set(
      column.name,
      column.default === null || isSequence ? literal : `coalesce(${column.default}, ${literal})`,
    );
    return true;
  };
  for (const column of shape.columns) {
    const hasDefault = column.default !== null || column.identity;
    if (isFree(column.name) && column.required && !(keepsDefaults && hasDefault)) fill(column);
  }
  let tries = 0;
  const chosen = new Map<string, number>();
  /** The next combination of a constraint's values for its free columns. */
  const choose = (constraint: string, names: readonly string[], definition: string): boolean => {
    const candidates = valuesFor(definition);
    const turn = chosen.get(constraint) ?? 0;
    if (names.length === 0 || turn >= candidates.length ** names.length) return false;
    chosen.set(constraint, turn + 1);
    names.forEach((name, index) => {
      const value = candidates[Math.floor(turn / candidates.length ** index) % candidates.length]!;
      filled.set(name, quoteLiteral(value));
      texts.set(name, value);
    });
    return true;
  };
  return {
    values: () =>
      new Map([
        ...Object.entries(given)
          .filter(([name]) => columns.get(name)?.generated !== true)
          .map(([name, value]): [string, string] => [name, value === null ? 'NULL' : quoteLiteral(value)]),
        ...filled,
      ]),
    texts: () => ({ ...given, ...Object.fromEntries(texts) }),
    retry: async (client, { code, constraint = '', column = '' }) => {
      if (++tries > MOST_TRIES) return false;
      if (code === NOT_NULL) return isFree(column) && fill(columns.get(column)!);
      if (code === UNIQUE) {
        const { rows } = await client.query<{ columns: string[] }>(
          statement('index_columns', { schema: shape.schema, index: constraint }),
        );
        const free = (rows[0]?.columns ?? []).filter(isFree);
        return free.length > 0 && free.every((name) => fill({ ...columns.get(name)!, default: null }));
      }
      // A value that a CHECK names can be none of the type.
      const own = shape.constraints.find(({ name }) => name === constraint && code === CHECK);
      if (own) return choose(constraint, own.columns.filter(isFree), own.definition);
      const ofDomain = shape.columns.find(({ name, checks }) => isFree(name) && checks.length > 0);
      if (code === CHECK && ofDomain) return choose(constraint, [ofDomain.name], ofDomain.checks.join(' '));
      const [last] = [...chosen.keys()].slice(-1);
      const tried = shape.constraints.find(({ name }) => name === last);
      return (code ?? '').startsWith('22') && tried
        ? choose(tried.name, tried.columns.filter(isFree), tried.definition)
        : false;
    },
  };
}
