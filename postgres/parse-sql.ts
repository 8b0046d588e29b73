import { hasSqlDetails, parse } from 'libpg-query';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { insertOf, readRows, type CopyNode, type CopyRow } from './copy-rows.ts';
import { checkCommands } from './psql-commands.ts';
import { readPsqlScript, type CopyData } from './psql-script.ts';
import { placeIn } from './place-in.ts';
import type { SqlSource } from './sql-source.ts';

/** One statement of a file. */
export interface ParsedStatement {
  readonly sql: string;
  /** Where it begins in the file, in characters. */
  readonly offset: number;
  /** Where it ends in the file, with its semicolon. Data of a COPY ends with the line `\.`. */
  readonly end: number;
  /** The name of Postgres' parse node, such as `IndexStmt`. */
  readonly kind: string;
  readonly node: Readonly<Record<string, unknown>>;
  /** Statements for single rows, which do the same. An error of one of them has a line. */
  readonly single?: () => readonly { readonly sql: string; readonly offset: number }[];
}

/** Rows and characters of one INSERT, in which the rows of a COPY are sent. */
const MAX_ROWS = 500;
const MAX_CHARACTERS = 250_000;

/** Gets the parser ready while the caller waits for something else. A failure is reported by the first use. */
export async function loadParser(): Promise<void> {
  // Most of the first statement's time goes to what the parser does once.
  await parse('SELECT').catch(() => undefined);
}

/**
 * Splits a file into statements with Postgres' own parser. A COPY with its data becomes INSERT statements: a function, in
 * which migrations run, cannot read what a client sends.
 *
 * @throws SecuredPostgrestError `invalid_sql` with file, line and Postgres' message
 */
export async function parseSql(source: SqlSource): Promise<ParsedStatement[]> {
  const script = readPsqlScript(source.sql);
  checkCommands(source, script.commands);
  // The parser takes no empty text.
  if (script.sql === '') return [];
  const bytes = Buffer.from(script.sql, 'utf8');
  const { stmts = [] } = await parse(script.sql).catch((error: unknown) => {
    const details = hasSqlDetails(error) ? error.sqlDetails : undefined;
    const place = placeIn(source, details?.cursorPosition ?? 0);
    const message = error instanceof Error ? error.message : String(error);
    const fix = message.endsWith('"\\"') ? 'write SQL in place of the command of psql' : 'correct the file';
    return refuse('invalid_sql', place, message, fix, error);
  });
  let bytesBefore = 0;
  let charactersBefore = 0;
  return stmts.flatMap(({ stmt, stmt_location: start = 0, stmt_len: length = 0 }) => {
    // Postgres counts bytes, and its statements begin right behind the last one's semicolon.
    charactersBefore += bytes.toString('utf8', bytesBefore, start).length;
    bytesBefore = start;
    const text = bytes.toString('utf8', start, length === 0 ? bytes.length : start + length);
    const lead = /^(?:\s|--[^\n]*(?:\n|$))*/.exec(text)![0].length;
    const [kind = '', node = {}] = Object.entries((stmt ?? {}) as Record<string, Record<string, unknown>>)[0] ?? [];
    const offset = charactersBefore + lead;
    const textEnd = charactersBefore + text.length;
    const end = script.sql[textEnd] === ';' ? textEnd + 1 : textEnd;
    const statement = { sql: text.slice(lead), offset, end, kind, node };
    return kind === 'CopyStmt' ? readCopy(source, statement, script.data) : [statement];
  });
}

function readCopy(source: SqlSource, statement: ParsedStatement, copied: readonly CopyData[]): ParsedStatement[] {
  const place = placeIn(source, statement.offset);
  const node = statement.node as CopyNode;
  const { offset, sql } = statement;
  const data = copied.find(({ statementEnd }) => statementEnd === offset + sql.length);
  if (!node.is_from || !node.relation || node.filename !== undefined || node.whereClause) {
    const fix = 'write COPY table FROM stdin; and the lines of data behind it, up to a line with \\.';
    refuse('invalid_sql', place, 'a migration can only copy from its own lines into a table', fix);
  }
  if (!data?.ended) {
    const problem = 'the data of COPY has no end';
    refuse('invalid_sql', place, problem, 'end the statement with its line, and the data with a line \\.');
  }
  return groups(readRows(node, data, place)).map((rows, index, all) => ({
    sql: insertOf(node, rows),
    offset: rows[0]!.offset,
    end: all[index + 1]?.[0]!.offset ?? data.end,
    kind: 'InsertStmt',
    node: { relation: node.relation },
    single: () => rows.map((row) => ({ sql: insertOf(node, [row]), offset: row.offset })),
  }));
}

function groups(rows: readonly CopyRow[]): CopyRow[][] {
  const all: CopyRow[][] = [];
  let characters = 0;
  for (const row of rows) {
    const last = all.at(-1);
    const size = row.values.reduce((sum, value) => sum + (value?.length ?? 4), 0);
    if (!last || last.length === MAX_ROWS || characters + size > MAX_CHARACTERS) {
      all.push([row]);
      characters = size;
    } else {
      last.push(row);
      characters += size;
    }
  }
  return all;
}
