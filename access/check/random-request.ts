import type { QualifiedName } from '../../postgres/qualified-name.ts';
import type { Random } from './random.ts';
import type { CheckRequest, Embedding, Filter, Sender } from './request.ts';
import { randomRow, type PlacedRow, type Row } from './rows.ts';
import { tableIn, type Shape, type ShapeFunction, type ShapeTable } from './shape.ts';
import { valuesOf, type Value } from './values.ts';

/** Columns that a role may name in a command; empty where it has no privilege. */
export type Rights = (role: string, relation: QualifiedName, command: string) => readonly string[];

/** Material of random requests. */
export interface RequestSource {
  readonly shape: Shape;
  /** Tables, views and functions that requests name. */
  readonly tables: readonly ShapeTable[];
  readonly functions: readonly ShapeFunction[];
  readonly rights: Rights;
  readonly words: readonly string[];
  readonly rows: readonly PlacedRow[];
}

/** Makes a request that is likely to reach something: most name columns for which the role has a privilege. */
export function randomRequest(random: Random, source: RequestSource, sender: Sender): CheckRequest {
  const { functions, tables } = source;
  if (functions.length > 0 && (tables.length === 0 || random.percent(10))) {
    return randomCall(random, source, sender, random.one(functions));
  }
  const allowed = tables.filter((table) =>
    ['select', 'insert', 'update', 'delete'].some((command) => source.rights(sender.role, table, command).length > 0),
  );
  const table = random.one(allowed.length > 0 && random.percent(75) ? allowed : tables);
  const commands = ['insert', 'update', 'delete'].filter(
    (command) => random.percent(20) || source.rights(sender.role, table, command).length > 0,
  );
  const command = table.is_table && commands.length > 0 && random.percent(65) ? random.one(commands) : 'read';
  const target = { schema: table.schema, name: table.name };
  const readable = source.rights(sender.role, table, 'select');
  const filters = randomFilters(random, source, table, readable);
  const returning = random.percent(50) ? columnsOf(random, table, readable) : undefined;
  switch (command) {
    case 'insert':
      return { sender, target, ...randomInsert(random, source, sender, table), returning };
    case 'update': {
      const settable = table.columns.filter(({ generated }) => generated !== 'always').map(({ name }) => name);
      const rights = source.rights(sender.role, table, 'update').filter((column) => settable.includes(column));
      const names = someOf(random, random.percent(80) && rights.length > 0 ? rights : settable);
      const row = newRow(random, source, table);
      const set = Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
      return { sender, target, kind: 'update', set, filters, returning };
    }
    case 'delete':
      return { sender, target, kind: 'delete', filters, returning };
    default: {
      const columns = columnsOf(random, table, readable);
      const embedded = random.percent(25) ? randomEmbedding(random, source, sender, table) : undefined;
      return { sender, target, kind: 'read', columns, filters, ...(embedded && { embedded }) };
    }
  }
}

function columnsOf(random: Random, table: ShapeTable, rights: readonly string[]): string[] {
  const all = table.columns.map(({ name }) => name);
  return someOf(random, random.percent(82) && rights.length > 0 ? rights : all);
}

/** All of them, or some and at least one. */
function someOf(random: Random, names: readonly string[]): string[] {
  if (random.percent(40)) return [...names];
  const some = random.some(names);
  return some.length > 0 ? some : [random.one(names)];
}

function randomInsert(random: Random, source: RequestSource, sender: Sender, table: ShapeTable) {
  const all = table.columns.filter(({ generated }) => generated !== 'always').map(({ name }) => name);
  const rights = source.rights(sender.role, table, 'insert').filter((column) => all.includes(column));
  const possible = random.percent(82) && rights.length > 0 ? rights : all;
  const columns = random.percent(70) ? [...possible] : someOf(random, possible);
  const count = random.percent(75) ? 1 : 2;
  const rows = Array.from({ length: count }, (): Row => {
    const row = newRow(random, source, table);
    return Object.fromEntries(columns.map((name) => [name, row[name] ?? null]));
  });
  const key = table.has_primary_key ? table.keys[0]! : [];
  const known = key.length > 0 && key.every((column) => columns.includes(column));
  const conflict =
    known && random.percent(35)
      ? random.one(['merge-duplicates', 'merge-duplicates', 'ignore-duplicates'] as const)
      : undefined;
  return { kind: 'insert' as const, columns, rows, ...(conflict && { conflict }) };
}

/** A row with its own key, or with that of another. */
function newRow(random: Random, source: RequestSource, table: ShapeTable): Row {
  const number = random.percent(50) ? 1 + random.below(5) : 6 + random.below(4);
  return randomRow(random, table, { number, words: source.words, made: source.rows }) ?? {};
}

function randomFilters(random: Random, source: RequestSource, table: ShapeTable, rights: readonly string[]): Filter[] {
  const readable = table.columns.filter(({ name }) => rights.includes(name));
  const columns = (readable.length > 0 && random.percent(92) ? readable : table.columns).filter(({ type }) =>
    valuesOf(type),
  );
  if (columns.length === 0 || random.percent(35)) return [];
  return Array.from({ length: random.percent(80) ? 1 : 2 }, (): Filter => {
    const { name, type } = random.one(columns);
    const values: readonly Value[] = valuesOf(type, source.words)!;
    const some = source.rows.filter((row) => row.schema === table.schema && row.name === table.name);
    const met = some.length > 0 && random.percent(60) ? (some[random.below(some.length)]!.row[name] ?? null) : null;
    const value = met ?? random.one(values);
    const operators = [
      'eq',
      'eq',
      'neq',
      'is',
      'in',
      ...(typeof value === 'number' ? (['gt', 'lt'] as const) : []),
    ] as const;
    const operator = random.one(operators);
    if (operator === 'is') return { column: name, operator, value: null };
    return { column: name, operator, value: operator === 'in' ? [value, random.one(values)] : value };
  });
}

function randomEmbedding(
  random: Random,
  source: RequestSource,
  sender: Sender,
  table: ShapeTable,
): Embedding | undefined {
  if (!table.is_table || table.references.length === 0) return undefined;
  const { name: reference, schema, table: name } = random.one(table.references);
  const other = tableIn(source.shape, { schema, name });
  const exposed = other && source.tables.includes(other);
  if (!exposed) return undefined;
  const rights = source.rights(sender.role, other, 'select');
  return { reference, columns: columnsOf(random, other, rights), inner: random.percent(40) };
}

function randomCall(random: Random, source: RequestSource, sender: Sender, called: ShapeFunction): CheckRequest {
  const { schema, name, names, types, defaults } = called;
  const optional = types.length - defaults;
  const given = types.flatMap((type, at): [string, Value][] => {
    if (at >= optional && random.percent(40)) return [];
    const values = valuesOf(type, source.words);
    return [[names[at] ?? '', values && random.percent(92) ? random.one(values) : null]];
  });
  return { sender, target: { schema, name }, kind: 'call', arguments: Object.fromEntries(given), filters: [] };
}
