import { refuse } from '../../errors/secured-postgrest-error.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import { lineAt, splitSql } from '../../postgres/sql-text.ts';

/** Rows that a dump holds for one table. */
export interface CopiedRows {
  /** Where the statement stood in the file, in characters. */
  readonly offset: number;
  /** Statement as it is written, up to `FROM stdin`. */
  readonly statement: string;
  /** Values as texts; null for NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A file that is written for psql, taken apart. */
export interface PsqlText {
  /** The SQL alone: what is taken out leaves its line breaks, so that errors name the right line. */
  readonly sql: string;
  readonly copies: readonly CopiedRows[];
}

const COPY = /^COPY [^;]*? FROM stdin(?: WITH[^;]*)?;[^\n]*\n([\s\S]*?)^\\\.\r?$/gm;
const META_COMMAND = /^[ \t]*\\(\w+)[^\n]*$/gm;
/** Commands of psql that say nothing about the schema. */
const IGNORED = ['restrict', 'unrestrict', 'connect', 'c', 'echo', 'set', 'unset', 'pset', 'timing', 'encoding'];

/**
 * Takes data and psql's own commands out of a file, which no server understands.
 *
 * @throws SecuredPostgrestError `invalid_sql` for a command that would change what the file means
 */
export function readPsqlText({ file, sql }: SqlSource): PsqlText {
  const copies: CopiedRows[] = [];
  const withoutByteOrderMark = sql.replace(/^\uFEFF/, ' ');
  const withoutRows = withoutByteOrderMark.replace(COPY, (whole, data: string, offset: number) => {
    const statement = whole.slice(0, whole.indexOf(' FROM stdin'));
    copies.push({ offset, statement, rows: rowsOf(data) });
    return blank(whole);
  });
  const lines = splitSql(withoutRows).map(({ kind, text, offset }) =>
    kind !== 'code'
      ? text
      : text.replace(META_COMMAND, (whole, command: string, at: number) => {
          if (!IGNORED.includes(command)) refuseCommand(file, lineAt(withoutRows, offset + at), command);
          return blank(whole);
        }),
  );
  return { sql: lines.join(''), copies };
}

function refuseCommand(file: string, line: number, command: string): never {
  refuse(
    'invalid_sql',
    `${file}:${line}`,
    `"\\${command}" is a command of psql, not SQL`,
    'write what it does as SQL, or import a dump of the database instead',
  );
}

/** Keeps places and lines. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

/** Escapes of COPY's text format (documentation of COPY, "Text Format"). */
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function rowsOf(data: string): (string | null)[][] {
  const lines = data.split(/\r?\n/).slice(0, -1);
  return lines.map((line) => line.split('\t').map((value) => (value === '\\N' ? null : unescape(value))));
}

function unescape(value: string): string {
  return value.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|[\s\S])/g, (_, escaped: string) => {
    if (/^x./.test(escaped)) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8));
    return ESCAPES[escaped] ?? escaped;
  });
}

/** `"schema"."table"` and the columns of a COPY, as SQL. */
export function copyTarget({ statement }: CopiedRows): string {
  return statement.replace(/^COPY\s+/, '');
}
