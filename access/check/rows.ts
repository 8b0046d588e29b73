import type { QualifiedName } from '../../postgres/qualified-name.ts';
import type { Random } from './random.ts';
import { tableIn, type Shape, type ShapeColumn, type ShapeTable } from './shape.ts';
import { valuesOf, type Value } from './values.ts';

/** Values by column. */
export type Row = Readonly<Record<string, Value>>;

/** A row of a table. */
export interface PlacedRow extends QualifiedName {
  readonly row: Row;
}

/** Makes rows for each table; those that a row references come before it. */
export function randomRows(random: Random, shape: Shape, words: readonly string[], most = 5): PlacedRow[] {
  const made: PlacedRow[] = [];
  for (const table of referencedFirst(shape)) {
    const count = 1 + random.below(most);
    for (let number = 1; number <= count; number++) {
      const row = randomRow(random, table, { number, words, made });
      if (row) made.push({ schema: table.schema, name: table.name, row });
    }
  }
  return made;
}

/** Tables so that a foreign key leads back, as far as there is no circle. */
export function referencedFirst(shape: Shape): ShapeTable[] {
  const sorted: ShapeTable[] = [];
  const visit = (table: ShapeTable, above: readonly ShapeTable[]) => {
    if (sorted.includes(table) || above.includes(table)) return;
    for (const { schema, table: name } of table.references) {
      const other = tableIn(shape, { schema, name });
      if (other) visit(other, [...above, table]);
    }
    sorted.push(table);
  };
  for (const table of shape.tables.filter(({ is_table }) => is_table)) visit(table, []);
  return sorted;
}

interface Surroundings {
  /** Its number in the table, which keys of whole numbers are. */
  readonly number: number;
  readonly words: readonly string[];
  readonly made: readonly PlacedRow[];
}

/** Makes a row that is likely to fit; undefined where a column that needs a value is of a type that is not filled. */
export function randomRow(random: Random, table: ShapeTable, { number, words, made }: Surroundings): Row | undefined {
  const row: Record<string, Value> = {};
  const references = [...table.references].sort((a, b) => b.columns.length - a.columns.length);
  for (const { columns, schema, table: name, referenced } of references) {
    const optional = columns.every((column) => !table.columns.find((each) => each.name === column)?.required);
    if (optional && random.percent(20)) continue;
    const fitting = made.filter(
      (other) =>
        other.schema === schema &&
        other.name === name &&
        columns.every((column, at) => row[column] === undefined || row[column] === other.row[referenced[at]!]),
    );
    if (fitting.length === 0) continue;
    const chosen = random.one(fitting).row;
    columns.forEach((column, at) => (row[column] = chosen[referenced[at]!] ?? null));
  }
  for (const column of table.columns) {
    if (row[column.name] !== undefined) continue;
    const value = randomValue(random, table, column, { number, words });
    if (value === undefined) {
      if (column.required && column.default === null && column.generated === null) return undefined;
    } else row[column.name] = value;
  }
  return row;
}

/** A value of a column; undefined where Postgres shall make it. */
export function randomValue(
  random: Random,
  table: ShapeTable,
  column: ShapeColumn,
  { number, words }: Pick<Surroundings, 'number' | 'words'>,
): Value | undefined {
  if (column.generated === 'always' && !isKey(table, column)) return undefined;
  if (!column.required && random.percent(20)) return null;
  const listed = listedIn(table, column.name);
  const values = listed.length > 0 ? listed : valuesOf(column.type, words);
  if (values === undefined) return column.required ? undefined : null;
  if (isKey(table, column) && typeof values[0] === 'number') return number;
  return random.one(values);
}

function isKey(table: ShapeTable, { name }: ShapeColumn): boolean {
  return table.has_primary_key && table.keys[0]?.length === 1 && table.keys[0][0] === name;
}

/** Texts that a check lists for a column. */
function listedIn(table: ShapeTable, column: string): string[] {
  return table.checks
    .filter((check) => new RegExp(`\\b${column}"?\\)?(?:::text)? = ANY`).test(check))
    .flatMap((check) => [...check.matchAll(/'([^']*)'::/g)].map(([, text]) => text!));
}
