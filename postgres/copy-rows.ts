import { refuse } from '../errors/secured-postgrest-error.ts';
import type { CopyData } from './psql-script.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';

/** The parse node of a COPY. */
export interface CopyNode {
  readonly relation?: { readonly schemaname?: string; readonly relname: string };
  readonly attlist?: readonly { readonly String: { readonly sval: string } }[];
  readonly options?: readonly { readonly DefElem: { readonly defname: string; readonly arg?: OptionValue } }[];
  readonly is_from?: boolean;
  readonly filename?: string;
  readonly whereClause?: unknown;
}

interface OptionValue {
  readonly String?: { readonly sval: string };
  readonly Boolean?: { readonly boolval?: boolean };
}

/** One row of the data: texts in the order of the columns, and null for a null. */
export interface CopyRow {
  readonly values: readonly (string | null)[];
  /** Offset of the row in the script. */
  readonly offset: number;
}

interface Format {
  readonly csv: boolean;
  readonly delimiter: string;
  readonly nullText: string;
  readonly header: boolean;
  readonly quote: string;
  readonly escape: string;
}

/** The INSERT of some rows of a COPY. */
export function insertOf({ relation, attlist }: CopyNode, rows: readonly Pick<CopyRow, 'values'>[]): string {
  const { schemaname, relname } = relation!;
  const table = [...(schemaname === undefined ? [] : [schemaname]), relname].map(quoteIdentifier).join('.');
  const columns = attlist ? ` (${attlist.map(({ String: { sval } }) => quoteIdentifier(sval)).join(', ')})` : '';
  const values = rows.map(
    (row) => `(${row.values.map((value) => (value === null ? 'NULL' : quoteLiteral(value).trim())).join(', ')})`,
  );
  // The statement takes the values of identity columns from the data, like COPY.
  return `INSERT INTO ${table}${columns} OVERRIDING SYSTEM VALUE VALUES\n${values.join(',\n')}`;
}

/**
 * Reads the rows of a COPY.
 *
 * @param place of the statement, for errors
 * @throws SecuredPostgrestError `invalid_sql`
 */
export function readRows(node: CopyNode, data: CopyData, place: string): CopyRow[] {
  const format = formatOf(node, place);
  const rows = format.csv ? csvRows(data, format, place) : textRows(data, format);
  return format.header ? rows.slice(1) : rows;
}

function formatOf({ options = [] }: CopyNode, place: string): Format {
  const given = new Map(options.map(({ DefElem: { defname, arg } }) => [defname, arg]));
  const text = (name: string) => given.get(name)?.String?.sval;
  const isOn = (name: string) =>
    given.has(name) && (given.get(name)?.Boolean?.boolval ?? !/^(false|off|0)$/i.test(text(name) ?? 'true'));
  const csv = text('format') === 'csv';
  const unknown = [...given.keys()].find((name) => !KNOWN.includes(name));
  if (unknown !== undefined || !['csv', 'text', undefined].includes(text('format'))) {
    refuse(
      'invalid_sql',
      place,
      `COPY with ${unknown ?? `the format ${text('format')}`} is not supported in a migration`,
      'write the data in the text or CSV format, or as INSERT',
    );
  }
  const quote = text('quote') ?? '"';
  return {
    csv,
    delimiter: text('delimiter') ?? (csv ? ',' : '\t'),
    nullText: text('null') ?? (csv ? '' : '\\N'),
    header: isOn('header'),
    quote,
    escape: text('escape') ?? quote,
  };
}

/** `freeze` only saves work later. */
const KNOWN = ['format', 'delimiter', 'null', 'header', 'quote', 'escape', 'freeze'];

function textRows({ text, offset }: CopyData, { delimiter, nullText }: Format): CopyRow[] {
  const plain = `[^\\\\\\n${escaped(delimiter)}]*`;
  const field = new RegExp(`(${plain}(?:\\\\[\\s\\S]${plain})*)(${escaped(delimiter)}|\\n|$)`, 'y');
  const rows: CopyRow[] = [];
  while (field.lastIndex < text.length) {
    const start = field.lastIndex;
    const values: (string | null)[] = [];
    for (let more = true; more;) {
      const [, given = '', end] = field.exec(text)!;
      more = end === delimiter;
      const written = more ? given : given.replace(/\r$/, '');
      values.push(written === nullText ? null : unescape(written));
    }
    rows.push({ values, offset: offset + start });
  }
  return rows;
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** Reads escapes. Numbers are bytes, of which several can be one character. */
function unescape(text: string): string {
  return text.replace(/(?:\\(?:[0-7]{1,3}|x[0-9a-f]{1,2}))+|\\([\s\S])/gi, (codes, character: string | undefined) =>
    character === undefined
      ? Buffer.from(codes.slice(1).split('\\').map(byteOf)).toString('utf8')
      : (ESCAPES[character] ?? character),
  );
}

function byteOf(code: string): number {
  return /^x/i.test(code) ? Number.parseInt(code.slice(1), 16) : Number.parseInt(code, 8);
}

function csvRows({ text, offset }: CopyData, { delimiter, nullText, quote, escape }: Format, place: string): CopyRow[] {
  const rows: CopyRow[] = [];
  let at = 0;
  const endsLine = () => text[at] === '\n' || text.startsWith('\r\n', at);
  const readValue = (): string | null => {
    let value = '';
    let isQuoted = false;
    let isInside = false;
    for (; at < text.length && (isInside || (text[at] !== delimiter && !endsLine())); at++) {
      if (isInside && text[at] === escape && [quote, escape].includes(text[at + 1] ?? '')) {
        value += text[++at]!;
      } else if (text[at] === quote) {
        isQuoted = true;
        isInside = !isInside;
      } else {
        value += text[at]!;
      }
    }
    if (isInside) refuse('invalid_sql', place, 'a quote in the data of COPY is not closed', 'close it');
    return !isQuoted && value === nullText ? null : value;
  };
  while (at < text.length) {
    const start = at;
    const values = [readValue()];
    for (; text[at] === delimiter; values.push(readValue())) at++;
    at += text[at] === '\r' ? 2 : 1;
    rows.push({ values, offset: offset + start });
  }
  return rows;
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|-]/g, '\\$&');
}
