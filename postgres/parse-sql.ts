import { hasSqlDetails, loadModule, parse } from 'libpg-query';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { lineAt } from './sql-text.ts';
import type { SqlSource } from './sql-source.ts';

/** One statement of a file. */
export interface ParsedStatement {
  readonly sql: string;
  /** Where it begins in the file, in characters. */
  readonly offset: number;
  /** The name of Postgres' parse node, such as `IndexStmt`. */
  readonly kind: string;
  readonly node: Readonly<Record<string, unknown>>;
}

/** Begins to load the parser while the caller waits for something else. A failure is reported by the first use. */
export async function loadParser(): Promise<void> {
  await loadModule().catch(() => undefined);
}

/**
 * Splits a file into statements with Postgres' own parser.
 *
 * @throws SecuredPostgrestError `invalid_sql` with file, line and Postgres' message
 */
export async function parseSql(source: SqlSource): Promise<ParsedStatement[]> {
  const bytes = Buffer.from(source.sql, 'utf8');
  const { stmts = [] } = await parse(source.sql).catch((error: unknown) => {
    const details = hasSqlDetails(error) ? error.sqlDetails : undefined;
    const line = lineAt(source.sql, details?.cursorPosition ?? 0);
    const message = error instanceof Error ? error.message : String(error);
    return refuse('invalid_sql', `${source.file}:${line}`, message, 'correct the file', error);
  });
  let bytesBefore = 0;
  let charactersBefore = 0;
  return stmts.map(({ stmt, stmt_location: start = 0, stmt_len: length = 0 }) => {
    // Postgres counts bytes, and its statements begin right behind the last one's semicolon.
    charactersBefore += bytes.toString('utf8', bytesBefore, start).length;
    bytesBefore = start;
    const text = bytes.toString('utf8', start, length === 0 ? bytes.length : start + length);
    const lead = /^(?:\s|--[^\n]*(?:\n|$))*/.exec(text)![0].length;
    const [kind = '', node = {}] = Object.entries((stmt ?? {}) as Record<string, Record<string, unknown>>)[0] ?? [];
    return { sql: text.slice(lead), offset: charactersBefore + lead, kind, node };
  });
}
