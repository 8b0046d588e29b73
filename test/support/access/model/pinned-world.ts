import { literal } from '../../../../access/prove/model/casts.ts';
import { all, not, same, Script } from '../../../../access/prove/model/script.ts';
import type { Kind, Scalar } from '../../../../access/prove/model/values.ts';
import { World, type Requester, type Row } from '../../../../access/prove/model/world.ts';
import type { RowValues } from '../../../../access/prove/verdict.ts';
import type { SurveyedRelation } from '../../../../audit/anywhere/survey.ts';
import { claimText, valueAt } from './pool.ts';

/** A world that is one database and one request: every row and claim has the value that it has there. */
export class PinnedWorld extends World {
  readonly #rows: ReadonlyMap<SurveyedRelation, readonly RowValues[]>;
  readonly #claims: unknown;
  readonly #made = new Map<SurveyedRelation, readonly Row[]>();
  /** Number of the row that is met, and the new version that a request writes. */
  subject = 0;
  written: RowValues = {};
  #versions = 0;

  constructor(requester: Requester, rows: ReadonlyMap<SurveyedRelation, readonly RowValues[]>, claims: unknown) {
    super(new Script(), requester);
    this.#rows = rows;
    this.#claims = claims;
  }

  override rowsOf(relation: SurveyedRelation): readonly Row[] {
    const known = this.#made.get(relation);
    if (known) return known;
    const made = (this.#rows.get(relation) ?? []).map((values, n) => {
      const present = this.script.symbol(`${relation.id} pinned ${n}`, 'Bool');
      this.script.assert(present);
      return this.#pinned(super.makeRow(relation, `pinned ${n}`, present), values);
    });
    this.#made.set(relation, made);
    return made;
  }

  override addRow(relation: SurveyedRelation): Row {
    return this.rowsOf(relation)[this.subject]!;
  }

  override makeRow(
    relation: SurveyedRelation,
    name: string,
    present: string,
    values?: ReadonlyMap<string, Scalar>,
  ): Row {
    return this.#pinned(super.makeRow(relation, `${name} ${(this.#versions += 1)}`, present, values), this.written);
  }

  override claimList(path: readonly string[]): readonly { readonly guard: string; readonly value: Scalar }[] {
    const key = JSON.stringify(path);
    const known = this.lists.get(key);
    if (known) return known.items;
    const list = valueAt(this.#claims, path);
    const items = (Array.isArray(list) ? (list as unknown[]) : []).map((member, n) => {
      const value = this.open('text', `member ${key} ${n}`);
      const guard = this.script.symbol(`in list ${key} ${n}`, 'Bool');
      this.script.assert(guard);
      this.#pin(value, claimText([member], ['0']));
      return { guard, value };
    });
    // One more, that is not in the list.
    const absent = this.script.symbol(`in list ${key} not`, 'Bool');
    this.script.assert(not(absent));
    items.push({ guard: absent, value: this.open('text', `no member ${key} value`) });
    this.lists.set(key, { path, items });
    return items;
  }

  /** Gives each claim that the question reads its value. */
  pinClaims(): void {
    for (const [key, { path, value }] of this.claims) {
      if (path.join() === 'role') continue;
      const text = claimText(this.#claims, path);
      this.#pin(value, text);
      const isMissing = valueAt(this.#claims, path) === undefined;
      this.script.assert(same(this.script.symbol(`no claim ${key}`, 'Bool'), String(isMissing)));
    }
  }

  #pinned(row: Row, values: RowValues): Row {
    for (const { name } of row.relation.columns) {
      const text = values[name];
      if (text !== undefined) this.#pin(row.value(name)!, text);
    }
    return row;
  }

  #pin(value: Scalar, text: string | null): void {
    const { term, isNull, kind } = value;
    if (text === null) this.script.assert(isNull);
    else this.script.assert(all(not(isNull), same(term, this.constant(text, kind))));
  }

  constant(text: string, kind: Kind): string {
    return kind === 'text' ? this.text(text).term : literal(text, kind, this).term;
  }

  /** Asserts a value of one of the model's functions for one argument. */
  define(name: string, sorts: readonly [from: string, to: string], argument: string, value: string): void {
    this.script.assert(same(`(${this.script.symbol(name, sorts[1], [sorts[0]])} ${argument})`, value));
  }
}
