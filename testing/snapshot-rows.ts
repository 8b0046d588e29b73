import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { inOneMessage } from '../apply/run-steps.ts';
import { messageResults } from '../postgres/message-results.ts';
import { raw, statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('testing/rows');

/** Catalog that nearly every change of a schema changes. To read all takes milliseconds more. */
const OFTEN_CHANGED = 'pg_catalog.pg_class';

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

/** Privileges and properties of the database itself. */
interface OwnState {
  readonly privileges: string;
  readonly has_more: boolean;
}

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
  /** SQL that reads the state, which each session prepares once. */
  readonly #stateSql: { readonly name: string; readonly text: string };
  readonly #locks: readonly string[];

  private constructor(
    parts: readonly Part[],
    rows: ReadonlyMap<string, readonly string[]>,
    { sql, state }: { readonly sql: string; readonly state: DatabaseState },
  ) {
    this.#parts = new Map(parts.map((part) => [part.name, part]));
    this.#rows = rows;
    this.#state = state;
    this.#stateSql = { name: `state_${randomUUID()}`, text: sql };
    this.#locks = parts
      .filter(({ kind }) => kind === 'table')
      .map(({ name }) => statement('keep_others_from_writing', { table: raw(name) }));
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
      // Together: a round trip costs as much as one of them.
      const first = [
        statement('begin', { authenticator }),
        statement('triggers_off'),
        ...this.#locks,
        statement('own_state'),
        stateOf([this.#parts.get(OFTEN_CHANGED)!]),
      ];
      const [own, often] = (await messageResults<OwnState & PartState>(session, inOneMessage(first))).slice(-2);
      const { has_more, ...database } = own!.rows[0]!;
      const isOther = has_more || database.privileges !== privileges || differ(before, often!.rows[0]!);
      const now = isOther ? undefined : await this.#readState(session);
      const changed = now && this.#changed(before, now);
      if (!now || !changed) return await undo(session);
      const restoring = changed.flatMap((part) => this.#restoring(part));
      const last = changed.length === 0 ? ['COMMIT'] : [...restoring, stateOf(changed), 'COMMIT'];
      const after = (await messageResults<PartState>(session, inOneMessage(last))).at(-2)?.rows ?? [];
      return new Map([...now, ...byName(after)]);
    } catch {
      // A copy of all files brings everything back too, or its error says why nothing can.
      return undo(session);
    }
  }

  /** Has a session plan the SQL of a restore, which takes as long as running it. */
  async prepare(session: pg.ClientBase): Promise<void> {
    await session.query(statement('triggers_off'));
    await this.#readState(session);
  }

  async #readState(session: pg.ClientBase): Promise<DatabaseState> {
    return byName((await session.query<PartState>(this.#stateSql)).rows);
  }

  /** The tables and sequences that differ; undefined where something else does. */
  #changed(before: DatabaseState, now: DatabaseState): readonly Part[] | undefined {
    const changed = [...this.#parts.values()].filter(({ name }) => differ(before, now.get(name)!));
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
}

/** SQL that tells the state of parts. */
function stateOf(parts: readonly Part[]): string {
  const of = ({ name, kind }: Part) =>
    statement(kind === 'sequence' ? 'state_of_sequence' : 'state_of_table', { name, table: raw(name) });
  return parts.map(of).join('\nUNION ALL\n');
}

function differ(before: DatabaseState, { name, rows, transactions }: PartState): boolean {
  const state = before.get(name);
  return state?.rows !== rows || state.transactions !== transactions;
}

const byName = (states: readonly PartState[]): DatabaseState => new Map(states.map((state) => [state.name, state]));

async function undo(session: pg.ClientBase): Promise<undefined> {
  // A session that has ended has undone it.
  await session.query('ROLLBACK').catch(() => {});
}
