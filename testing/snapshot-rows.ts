import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { raw, statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('testing/rows');

/** More is copied with all files of the database. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Part of a database. Names are quoted. */
interface Part {
  readonly name: string;
  readonly kind: 'catalog' | 'table' | 'sequence';
  readonly columns: string | null;
  /** The same of a row `r`. */
  readonly fields: string | null;
}

interface PartState {
  readonly name: string;
  readonly rows: string;
  readonly transactions: string;
}

/** State of each part of a database, by name: the same until the part changes, and the same in a copy of the database. */
export type DatabaseState = ReadonlyMap<string, PartState>;

export interface Restored {
  /** Name of the authenticator, whose sessions go on. */
  readonly authenticator: string;
  /** Privileges on the database as a copy of the snapshot gets them. */
  readonly privileges: string | undefined;
  /** State of the database when its rows were those of the snapshot. @default that of the snapshot */
  readonly before: DatabaseState | undefined;
}

/** Rows of a snapshot, which can be put back into a copy of it while the copy is in use. */
export class SnapshotRows {
  readonly #parts: ReadonlyMap<string, Part>;
  readonly #rows: ReadonlyMap<string, readonly string[]>;
  readonly #state: DatabaseState;
  /** SQL that reads the state. Sessions prepare it once, because Postgres parses and plans it as long as it runs it. */
  readonly #stateSql: { readonly name: string; readonly text: string };
  readonly #lockSql: string;

  private constructor(
    parts: readonly Part[],
    rows: ReadonlyMap<string, readonly string[]>,
    { sql, state }: { readonly sql: string; readonly state: DatabaseState },
  ) {
    this.#parts = new Map(parts.map((part) => [part.name, part]));
    this.#rows = rows;
    this.#state = state;
    this.#stateSql = { name: `state_${randomUUID()}`, text: sql };
    this.#lockSql = parts
      .filter(({ kind }) => kind === 'table')
      .map(({ name }) => statement('keep_others_from_writing', { table: raw(name) }))
      .join(';\n');
  }

  /** Reads them. Undefined where only a copy of all files is sure to bring everything back. */
  static async of(snapshot: pg.ClientBase): Promise<SnapshotRows | undefined> {
    await snapshot.query(statement('exact'));
    const bytes = raw(String(MOST_BYTES));
    const { rows: answer } = await snapshot.query<{ restorable: boolean }>(statement('restorable', { bytes }));
    if (!answer[0]!.restorable) return undefined;
    const { rows: parts } = await snapshot.query<Part>(statement('parts'));
    const sql = stateOf(parts);
    const state = byName((await snapshot.query<PartState>(sql)).rows);
    const filled = parts.filter(({ name, kind }) => kind === 'table' && state.get(name)!.rows !== '0');
    const rows = new Map<string, readonly string[]>();
    for (const { name } of filled) {
      const text = statement('rows_of_table', { name, table: raw(name) });
      rows.set(name, (await snapshot.query<{ rows: string[] }>(text)).rows[0]!.rows);
    }
    return new SnapshotRows(parts, rows, { sql, state });
  }

  /**
   * Puts back the rows that have changed, and ends all sessions but the authenticator's. Answers the new state; undefined, with nothing
   * changed, where the schema is another one, a request writes for long, or rows cannot be put back.
   */
  async restore(
    session: pg.ClientBase,
    { authenticator, privileges, before = this.#state }: Restored,
  ): Promise<DatabaseState | undefined> {
    try {
      await session.query(statement('begin', { authenticator }));
      if (this.#lockSql !== '') await session.query(this.#lockSql);
      const { rows: own } = await session.query<{ privileges: string; has_more: boolean }>(statement('own_state'));
      const { has_more, ...database } = own[0]!;
      const now = byName((await session.query<PartState>(this.#stateSql)).rows);
      const changed = this.#changed(before, now);
      if (has_more || database.privileges !== privileges || !changed) return await undo(session);
      if (changed.length > 0) await session.query(changed.flatMap((part) => this.#restoring(part)).join(';\n'));
      const after = await this.#stateAfter(session, now, changed);
      await session.query('COMMIT');
      return after;
    } catch (error) {
      if (error instanceof pg.DatabaseError) return undo(session);
      throw error;
    }
  }

  /** The tables and sequences that differ; undefined where something else does. */
  #changed(before: DatabaseState, now: DatabaseState): readonly Part[] | undefined {
    const changed = [...this.#parts.values()].filter(({ name }) => {
      const [one, other] = [before.get(name), now.get(name)];
      return one?.rows !== other?.rows || one?.transactions !== other?.transactions;
    });
    return changed.some(({ kind }) => kind === 'catalog') ? undefined : changed;
  }

  #restoring({ name, kind, columns, fields }: Part): readonly string[] {
    if (kind === 'sequence') {
      const { rows: value, transactions } = this.#state.get(name)!;
      return [statement('set_sequence', { name, value: raw(value), is_called: raw(transactions) })];
    }
    const table = raw(name);
    const rows = this.#rows.get(name);
    const added = rows && statement('add_rows', { table, columns: raw(columns!), fields: raw(fields!), rows });
    return [statement('remove_rows', { table }), ...(added ? [added] : [])];
  }

  async #stateAfter(session: pg.ClientBase, now: DatabaseState, changed: readonly Part[]): Promise<DatabaseState> {
    if (changed.length === 0) return now;
    const { rows } = await session.query<PartState>(stateOf(changed));
    return new Map([...now, ...byName(rows)]);
  }
}

/** SQL that tells the state of parts. */
function stateOf(parts: readonly Part[]): string {
  const of = ({ name, kind }: Part) =>
    statement(kind === 'sequence' ? 'state_of_sequence' : 'state_of_table', { name, table: raw(name) });
  return parts.map(of).join('\nUNION ALL\n');
}

const byName = (states: readonly PartState[]): DatabaseState => new Map(states.map((state) => [state.name, state]));

async function undo(session: pg.ClientBase): Promise<undefined> {
  // A session that has ended has undone it.
  await session.query('ROLLBACK').catch(() => {});
}
