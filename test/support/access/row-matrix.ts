import assert from 'node:assert/strict';
import { send, type AccessApi, type Subjects } from './access-case.ts';

const COMMANDS = ['select', 'insert', 'update', 'delete'] as const;
type Command = (typeof COMMANDS)[number];

/** The rows of one table, and who reaches which. */
export interface TableRows {
  /** Every row of the seed: a name, and the filter that finds it. */
  readonly rows: Readonly<Record<string, string>>;
  /** A text column that every reader may read, and that never holds a number. */
  readonly text: string;
  /** A change that is allowed in itself: which rows it reaches is asked. */
  readonly change: Readonly<Record<string, unknown>>;
  /** Rows that might be inserted, with keys that are still free. */
  readonly candidates: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Exactly the rows and candidates that somebody reaches; whoever is not named reaches none. */
  readonly reached: Readonly<Record<string, Partial<Record<Command, readonly string[]>>>>;
}

/** Who reaches which rows of which table by which command. */
export interface RowMatrix {
  readonly subjects: Subjects;
  readonly tables: Readonly<Record<string, TableRows>>;
}

/** One command on one table, by everybody. */
export interface MatrixEntry {
  readonly table: string;
  readonly command: Command;
}

export function matrixEntries({ tables }: RowMatrix): MatrixEntry[] {
  return Object.keys(tables).flatMap((table) => COMMANDS.map((command) => ({ table, command })));
}

/** Checks that everybody reaches exactly the declared rows. Nothing is changed. */
export async function checkMatrixEntry(api: AccessApi, matrix: RowMatrix, entry: MatrixEntry): Promise<void> {
  const { table, command } = entry;
  const rows = matrix.tables[table]!;
  const reached = await Promise.all(
    Object.entries(matrix.subjects).map(async ([name, who]) => {
      const token = who && (await api.tokenFor(who.role, who.claims));
      return [name, await reachedRows(api.url, { table, command, rows }, token)];
    }),
  );
  const expected = Object.keys(matrix.subjects).map((name) => [
    name,
    [...(rows.reached[name]?.[command] ?? [])].sort(),
  ]);
  assert.deepEqual(Object.fromEntries(reached), Object.fromEntries(expected), `${command} on ${table}`);
}

interface Probe {
  readonly table: string;
  readonly command: Command;
  readonly rows: TableRows;
}

/** A row to insert, or the filter of one that is there. */
type Candidate = string | Readonly<Record<string, unknown>>;

async function reachedRows(url: string, probe: Probe, token: string | undefined): Promise<string[]> {
  const { table, command, rows } = probe;
  const reached = [];
  if (command === 'select') {
    for (const [row, filter] of Object.entries(rows.rows)) {
      const request = `GET /${table}?select=${rows.text}&${filter}` as const;
      const { status, text } = await send(url, { request }, token);
      if (status === 200 && text !== '[]') reached.push(row);
    }
    const headers = { Prefer: 'count=exact' };
    const { range } = await send(url, { request: `GET /${table}?select=${rows.text}`, headers }, token);
    const count = Number(range?.split('/')[1] ?? 0);
    // Rows that the matrix does not know are as much too many.
    if (count !== reached.length) reached.push(`${count} rows in all`);
  } else {
    const candidates: Readonly<Record<string, Candidate>> = command === 'insert' ? rows.candidates : rows.rows;
    for (const [row, candidate] of Object.entries(candidates))
      if (await writes(url, probe, candidate, token)) reached.push(row);
  }
  return reached.sort();
}

/** Postgres' codes for: no privilege, or a policy forbids it; the view cannot be written. */
const REFUSALS = ['42501', '55000'];

/**
 * Whether one row can be written. Each write asks for its row back with a cast that fails: where there is a row, the
 * request ends in that error and is rolled back, and otherwise in no row, or in another error.
 */
async function writes(
  url: string,
  { table, command, rows: { text, change } }: Probe,
  candidate: Candidate,
  token: string | undefined,
): Promise<boolean> {
  const headers = { Prefer: 'return=representation' };
  const back = `select=${text}::int`;
  const { text: answer } = await send(
    url,
    typeof candidate !== 'string'
      ? { request: `POST /${table}?${back}`, headers, body: candidate }
      : command === 'update'
        ? { request: `PATCH /${table}?${back}&${candidate}`, headers, body: change }
        : { request: `DELETE /${table}?${back}&${candidate}`, headers },
    token,
  );
  if (answer === '[]') return false;
  const { code, message } = JSON.parse(answer) as { code: string; message: string };
  if (code === '22P02') return true;
  assert.ok(REFUSALS.includes(code), `${command} on ${table}: ${message}`);
  return false;
}
