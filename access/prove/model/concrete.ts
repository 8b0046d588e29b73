import { setClaim } from '../../../declaration/claims.ts';
import type { Solver } from '../solver.ts';
import type { Counterexample, ExistingRow, RowValues } from '../verdict.ts';
import { not, TRUE_TERM } from './script.ts';
import type { Kind, Scalar } from './values.ts';
import type { Leak, Way } from './way.ts';
import { differs } from './written-row.ts';
import type { RowCommand } from '../../../audit/anywhere/survey.ts';
import type { Row, World } from './world.ts';

/** Reads a counterexample from the solver: as few rows and claims as it can do with. */
export async function concrete(
  world: World,
  {
    way,
    leak,
    role,
    command,
  }: { way: Pick<Way, 'request' | 'command'>; leak: Leak; role: string; command: RowCommand },
  solver: Solver,
): Promise<Counterexample> {
  const rows = world.rows.filter(({ present }) => present !== 'false');
  const versions = [...rows, ...(leak.after ? [leak.after.row] : [])];
  const scalars = [
    ...versions.flatMap((row) => row.relation.columns.map(({ name }) => row.value(name)!)),
    ...[...world.claims.values()].map(({ value }) => value),
    ...[...world.lists.values()].flatMap(({ items }) => items.map(({ value }) => value)),
    ...(leak.arguments?.values() ?? []),
  ];
  const now = world.open('timestamptz', 'now', true);
  // All columns have symbols now, those that the question does not read as well.
  solver.load(world.script.text());
  const conditions = [leak.term];
  const prefer = async (term: string) => {
    if ((await solver.canHold(...conditions, term)) === true) conditions.push(term);
  };
  for (const { present } of world.rows) if (present !== TRUE_TERM) await prefer(not(present));
  for (const { items } of world.lists.values()) for (const { guard } of items) await prefer(not(guard));
  for (const { value } of world.claims.values()) await prefer(value.isNull);
  for (const column of leak.after && leak.before ? leak.after.written : []) {
    if (leak.after!.row.value(column)) await prefer(not(differs(leak.before!, leak.after!.row, column)));
  }
  const terms = new Map<string, string>();
  for (const { kind, term, isNull } of [...scalars, now]) {
    terms.set(term, world.sortOf(kind)).set(isNull, 'Bool');
  }
  for (const { present } of rows) terms.set(present, 'Bool');
  for (const { items } of world.lists.values()) for (const { guard } of items) terms.set(guard, 'Bool');
  for (const { text, kind, value } of world.casts) terms.set(text, 'Text').set(value, world.sortOf(kind));
  for (const { term, kind } of world.constants.values()) terms.set(term, world.sortOf(kind));
  const values = await solver.values(
    conditions,
    [...terms].map(([term, sort]) => ({ term, sort })),
  );
  const names = new Texts(world, values, now.term);
  const textOf = (scalar: Scalar) => (values.get(scalar.isNull) === 'true' ? null : names.textOf(scalar));
  const rowValues = (row: Row): RowValues =>
    Object.fromEntries(
      row.relation.columns.flatMap(({ name }) => {
        const text = textOf(row.value(name)!);
        return text === undefined ? [] : [[name, text]];
      }),
    );
  const claims: Record<string, unknown> = {};
  for (const { path, value } of world.claims.values()) {
    const text = textOf(value);
    if (text !== null && text !== undefined && path.join() !== 'role')
      setClaim(claims, path, names.claimOf(value, text));
  }
  for (const { path, items } of world.lists.values()) {
    const members = items.filter(({ guard }) => values.get(guard) === 'true').map(({ value }) => textOf(value));
    const whole = path.at(-1) === '?' ? path.slice(0, -1) : path;
    if (members.length > 0) setClaim(claims, whole, members);
  }
  const after = leak.after && rowValues(leak.after.row);
  const before = leak.before && rowValues(leak.before);
  const written = after && writtenColumns(leak.after.written, before, after);
  return {
    role,
    claims,
    rows: rows
      .filter(({ present }) => values.get(present) === 'true')
      .map((row): ExistingRow => ({ schema: row.relation.schema, name: row.relation.name, values: rowValues(row) })),
    request: {
      ...way.request,
      command: way.command ?? command,
      ...(leak.of && { of: { schema: leak.of.schema, name: leak.of.name } }),
      ...(before && { row: before }),
      ...(written && { written: Object.fromEntries(written.map((name) => [name, after[name] ?? null])) }),
      ...(leak.arguments && {
        arguments: Object.fromEntries([...leak.arguments].map(([name, value]) => [name, textOf(value) ?? null])),
      }),
    },
  };
}

/** Columns that a request changes, or one that it writes as it is: a request has to write something. */
function writtenColumns(
  granted: readonly string[],
  before: RowValues | undefined,
  after: RowValues,
): readonly string[] {
  const known = granted.filter((name) => name in after);
  const changed = known.filter((name) => !before || after[name] !== before[name]);
  return changed.length > 0 ? changed : known.slice(-1);
}

/** Texts of the solver's values, as Postgres reads them. */
class Texts {
  readonly #values: ReadonlyMap<string, string>;
  readonly #constants: ReadonlyMap<string, string>;
  /** Texts that have to be read as a value of another type. */
  readonly #casts: ReadonlyMap<string, { kind: Kind; value: string }>;
  readonly #numbered = new Map<string, number>();
  readonly #laterBySeconds: number;

  constructor(world: World, values: ReadonlyMap<string, string>, now: string) {
    this.#values = values;
    this.#constants = new Map([...world.constants.values()].map(({ term, text }) => [values.get(term) ?? term, text]));
    this.#casts = new Map(world.casts.map(({ text, kind, value }) => [values.get(text) ?? '', { kind, value }]));
    const modelNow = values.get(now);
    this.#laterBySeconds = modelNow === undefined ? 0 : Math.round(Date.now() / 1000) - numberOf(modelNow);
  }

  textOf({ kind, term }: Pick<Scalar, 'kind' | 'term'>): string | undefined {
    return this.#text(kind, this.#values.get(term) ?? term);
  }

  /** A claim as JSON: a number where it is read as one. */
  claimOf({ term }: Scalar, text: string): unknown {
    const { kind } = this.#casts.get(this.#values.get(term) ?? '') ?? {};
    return kind === 'int' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  }

  #text(kind: Kind, value: string): string | undefined {
    switch (kind) {
      case 'bool':
        return value;
      case 'int':
        return String(numberOf(value));
      case 'numeric':
        return String(numberOf(value));
      case 'date':
        return new Date(numberOf(value) * 86_400_000).toISOString().slice(0, 10);
      case 'timestamp':
      case 'timestamptz':
        return new Date((numberOf(value) + this.#laterBySeconds) * 1000).toISOString();
      case 'uuid':
        return this.#constants.get(value) ?? `00000000-0000-4000-8000-${String(this.#number(value)).padStart(12, '0')}`;
      case 'text': {
        const constant = this.#constants.get(value);
        if (constant !== undefined) return constant;
        const { kind: read, value: term } = this.#casts.get(value) ?? {};
        const text = read && this.#text(read, this.#values.get(term!) ?? '');
        return text ?? `text ${this.#number(value)}`;
      }
      default:
        return this.#constants.get(value);
    }
  }

  #number(value: string): number {
    const known = this.#numbered.get(value);
    if (known !== undefined) return known;
    this.#numbered.set(value, this.#numbered.size + 1);
    return this.#numbered.size;
  }
}

/** A number of the solver: `(- 3)`, `(/ 1.0 2.0)`. */
function numberOf(value: string): number {
  const negative = /^\(- (.*)\)$/s.exec(value)?.[1];
  if (negative !== undefined) return -numberOf(negative);
  const fraction = /^\(\/ (\S+) (\S+)\)$/.exec(value);
  if (fraction) return Number(fraction[1]) / Number(fraction[2]);
  return Number(value);
}
