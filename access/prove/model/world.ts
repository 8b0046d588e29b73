import type { SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import { all, any, FALSE_TERM, not, same, TRUE_TERM, type Script } from './script.ts';
import { isExact, kindOf, type Kind, type Scalar } from './values.ts';

/** A row of a table in a world. */
export interface Row {
  readonly relation: SurveyedRelation;
  readonly name: string;
  /** Term: the row exists. */
  readonly present: string;
  value(column: string): Scalar | undefined;
}

/** Sender of a request. */
export interface Requester {
  readonly role: string;
  /** A request without a token has no claims but its role. */
  readonly hasToken: boolean;
  readonly authenticator: string | undefined;
}

/** More rows of one table make a question too large. */
const MOST_ROWS = 8;
const KEYS_OF_SORTS: Readonly<Record<string, string>> = {
  bool: 'Bool',
  int: 'Int',
  numeric: 'Real',
  text: 'Text',
  uuid: 'Uuid',
  date: 'Int',
  timestamp: 'Real',
  timestamptz: 'Real',
};

/**
 * One database and one request, in which all is open but what the catalog says. Each table has as many rows as its
 * sub-selects in the question: where no sub-select is negated within another, more rows would change no answer (the small
 * model property of formulas of the form "exists, for all").
 */
export class World {
  readonly script: Script;
  readonly requester: Requester;
  /** Pieces of SQL that have any value here. */
  readonly unmodelled = new Set<string>();
  /** Pieces because of which a world without a leak proves nothing. */
  readonly gaps = new Set<string>();
  /** Relations that SQL of the question reads without the privilege: where Postgres meets it, the request fails. */
  readonly refusals = new Set<string>();
  /** Casts from text: what a text has to be for a value. */
  readonly casts: { readonly text: string; readonly kind: Kind; readonly value: string }[] = [];
  /** Symbols of constants, and their texts. */
  readonly constants = new Map<string, { readonly term: string; readonly kind: Kind; readonly text: string }>();
  /** How often each table is read by the question. */
  readonly reads = new Map<string, number>();
  readonly claims = new Map<string, { readonly path: readonly string[]; readonly value: Scalar }>();
  readonly lists = new Map<
    string,
    { readonly path: readonly string[]; readonly items: { guard: string; value: Scalar }[] }
  >();
  readonly #sizes: ReadonlyMap<string, number>;
  /** By the name of the relation: two states of a database have the same rows. */
  readonly #rows = new Map<string, Row[]>();
  readonly #listReads = new Map<string, number>();
  readonly #listSizes: ReadonlyMap<string, number>;
  #fresh = 0;

  /** @param before the world of the same question with one row for each table, which counts what the question reads */
  constructor(script: Script, requester: Requester, before?: World) {
    this.script = script;
    this.requester = requester;
    this.#sizes = before?.reads ?? new Map();
    this.#listSizes = before ? before.#listReads : new Map();
  }

  sortOf(kind: Kind): string {
    return KEYS_OF_SORTS[kind] ?? this.script.sort(kind);
  }

  /** A value of which nothing is known; the same for the same key. */
  open(kind: Kind, key: string, isRequired = false): Scalar {
    return {
      kind,
      term: this.script.symbol(key, this.sortOf(kind)),
      isNull: isRequired ? FALSE_TERM : this.script.symbol(`${key} is null`, 'Bool'),
    };
  }

  fresh(kind: Kind, why: string): Scalar {
    this.unmodelled.add(why);
    return this.open(kind, `fresh ${(this.#fresh += 1)}`);
  }

  freshTruth(why: string): string {
    this.unmodelled.add(why);
    return this.script.symbol(`fresh ${(this.#fresh += 1)}`, 'Bool');
  }

  /** A new symbol that stands for a choice that the database makes. */
  choice(): string {
    return this.script.symbol(`choice ${(this.#fresh += 1)}`, 'Bool');
  }

  /** Result of a function of which nothing is known but that it is one. */
  apply(name: string, kind: Kind, args: readonly Scalar[]): Scalar {
    const parameters = args.flatMap((arg) => [this.sortOf(arg.kind), 'Bool']);
    const terms = args.flatMap(({ term, isNull }) => [term, isNull]);
    const key = `${name}(${args.map((arg) => arg.kind).join()})${kind}`;
    if (args.length === 0) return this.open(kind, key);
    // Values of other kinds can be equal and not the same: 1.0 and 1.00.
    if (!args.every((arg) => isExact(arg.kind))) return this.open(kind, `${key} of ${terms.join(' ')}`);
    const call = (symbol: string) => `(${symbol} ${terms.join(' ')})`;
    return {
      kind,
      term: call(this.script.symbol(key, this.sortOf(kind), parameters)),
      isNull: call(this.script.symbol(`${key} is null`, 'Bool', parameters)),
    };
  }

  claim(path: readonly string[]): Scalar {
    const key = JSON.stringify(path);
    const known = this.claims.get(key);
    if (known) return known.value;
    const value = this.#claim(path, key);
    this.claims.set(key, { path, value });
    return value;
  }

  #claim(path: readonly string[], key: string): Scalar {
    if (path.length === 1 && path[0] === 'role') return this.text(this.requester.role);
    if (!this.requester.hasToken) return { kind: 'text', term: this.text('').term, isNull: TRUE_TERM };
    return this.open('text', `claim ${key}`);
  }

  /** Members of a claim that is a list; one more for each place that reads it. */
  claimList(path: readonly string[]): readonly { readonly guard: string; readonly value: Scalar }[] {
    const key = JSON.stringify(path);
    if (!this.requester.hasToken) return [];
    this.#listReads.set(key, (this.#listReads.get(key) ?? 0) + 1);
    const known = this.lists.get(key);
    if (known) return known.items;
    const size = Math.min(this.#listSizes.get(key) ?? 1, MOST_ROWS);
    const items = Array.from({ length: size }, (_, n) => ({
      guard: this.script.symbol(`list ${key} ${n}`, 'Bool'),
      value: this.open('text', `list ${key} ${n} value`),
    }));
    this.lists.set(key, { path, items });
    return items;
  }

  text(value: string): Scalar {
    const term = this.script.distinct(`text ${JSON.stringify(value)}`, 'Text');
    this.constants.set(term, { term, kind: 'text', text: value });
    return { kind: 'text', term, isNull: FALSE_TERM, literal: value };
  }

  /** Rows of a table that a query of the question may meet. */
  rowsOf(relation: SurveyedRelation): readonly Row[] {
    const name = fullName(relation);
    this.reads.set(name, (this.reads.get(name) ?? 0) + 1);
    const rows = this.#known(relation);
    const own = rows.filter(({ name }) => !name.startsWith('subject'));
    const wanted = this.#sizes.get(name) ?? 1;
    if (wanted > MOST_ROWS) this.gaps.add(`${wanted} queries of ${relation.schema}.${relation.name} in one question`);
    for (let n = own.length; n < Math.min(wanted, MOST_ROWS); n += 1) this.addRow(relation, `row${n}`);
    // The same rows serve both states of a comparison; each state has its own relation, with its own policies.
    return this.#known(relation).map((row) => (row.relation === relation ? row : { ...row, relation }));
  }

  /** Adds a row; `isPresent` if it exists in every world. */
  addRow(relation: SurveyedRelation, name: string, isPresent = false): Row {
    const key = `${relation.id} ${name}`;
    const present = isPresent ? TRUE_TERM : this.script.symbol(key, 'Bool');
    const row = this.makeRow(relation, name, present);
    for (const other of this.#known(relation)) this.#keepUnique(row, other);
    this.#known(relation).push(row);
    return row;
  }

  /** A row that is in no table: a new version, or a new row before it is written. */
  makeRow(relation: SurveyedRelation, name: string, present: string, values?: ReadonlyMap<string, Scalar>): Row {
    const columns = new Map(relation.columns.map((column) => [column.name, column]));
    const known = new Map(values);
    return {
      relation,
      name,
      present,
      value: (column) => {
        const found = columns.get(column);
        if (!found) return undefined;
        const value =
          known.get(column) ?? this.open(this.columnKind(found), `${relation.id} ${name}.${column}`, found.required);
        known.set(column, value);
        return value;
      },
    };
  }

  columnKind({ type, labels }: SurveyedRelation['columns'][number]): Kind {
    return labels ? `other:enum ${type}` : kindOf(type);
  }

  /** Every row that has been met. */
  get rows(): readonly Row[] {
    return [...this.#rows.values()].flat();
  }

  #known(relation: SurveyedRelation): Row[] {
    const name = fullName(relation);
    const rows = this.#rows.get(name) ?? [];
    this.#rows.set(name, rows);
    return rows;
  }

  #keepUnique(row: Row, other: Row): void {
    // Keys of a table say nothing about rows of those that inherit from it.
    if (row.relation.kind === 'r' && row.relation.children.length > 0) return;
    const names = new Set(row.relation.columns.map(({ name }) => name));
    for (const { unique, predicate, keys } of row.relation.indexes) {
      if (!unique || predicate !== null || !keys.every((key) => names.has(key))) continue;
      const differ = keys.map((key) => {
        const [left, right] = [row.value(key)!, other.value(key)!];
        return any(left.isNull, right.isNull, not(same(left.term, right.term)));
      });
      this.script.assert(any(not(all(row.present, other.present)), ...differ));
    }
  }
}

function fullName({ schema, name }: SurveyedRelation): string {
  return JSON.stringify([schema, name]);
}
