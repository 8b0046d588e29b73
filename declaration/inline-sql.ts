import { inspect } from 'node:util';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { oneLine } from '../errors/one-line.ts';
import { quoteIdentifier, quoteLiteral } from '../postgres/quote.ts';
import { splitSql, type SqlPart } from '../postgres/sql-text.ts';
import type { SqlSource } from './types.ts';

/** A value in an inline SQL text: it is quoted as a literal, or stands there as it is if `sql` has made it. */
export type SqlValue = string | number | bigint | boolean | null | SqlSource;

/** Texts that may stand in others as they are. */
const made = new WeakSet<SqlSource>();

/**
 * SQL in the declaration itself. Values are quoted as literals; other `sql` texts and `sql.identifier(...)` stand as they are.
 *
 * @example
 * const open = sql`${sql.identifier('status')} = ${'open'}`;
 * custom({ to: 'support', for: 'select', using: sql`${open} OR priority > ${3}` });
 *
 * @throws SecuredPostgrestError `invalid_sql` for another value, or one inside a string, name or comment
 */
export function sql(texts: TemplateStringsArray, ...values: readonly SqlValue[]): SqlSource {
  // Raw: a backslash is part of the SQL. Only a backquote cannot be written without one.
  const [first = '', ...rest] = texts.raw.map((text) => text.replaceAll('\\`', '`'));
  return fragment(
    rest.reduce((before, text, index) => {
      if (!endsInCode(before)) {
        const problem = `value ${index + 1} stands inside a string, quoted name or comment`;
        refuse('invalid_sql', nameOf(before), problem, 'end it before the value, which is quoted by itself');
      }
      return [quoted(values[index], before), text].reduce(joined, before);
    }, first),
  );
}

/** A name of a column, table or type in an inline SQL text, quoted as such. */
sql.identifier = (name: string): SqlSource => fragment(quoteIdentifier(name));

/**
 * Names an inline SQL text as a migration. Migrations run in the order of their names.
 *
 * @example
 * declare({
 *   name: 'todos',
 *   schemas: ['api'],
 *   roles: { users: ['todos_user'] },
 *   migrations: [migration('0001_todos', sql`CREATE TABLE todos (id int PRIMARY KEY, title text NOT NULL)`)],
 * });
 */
export const migration = (name: string, source: SqlSource): SqlSource => ({ file: name, sql: source.sql });

function fragment(text: string): SqlSource {
  if (splitSql(text).some(({ kind }) => kind === 'unterminated')) {
    refuse('invalid_sql', nameOf(text), 'a string, name or comment is not closed', 'close it');
  }
  const source = Object.freeze({ file: nameOf(text), sql: text });
  made.add(source);
  return source;
}

/** The text's beginning, by which errors name it. */
function nameOf(text: string): string {
  return `sql\`${oneLine(text, 40)}\``;
}

function endsInCode(text: string): boolean {
  const last = splitSql(text).at(-1);
  return last?.kind !== 'unterminated' && !endsInComment(last);
}

function endsInComment(last: SqlPart | undefined): boolean {
  return last?.kind === 'comment' && last.text.startsWith('--');
}

/** Joins two texts. Words at their ends stay two: `:` and `'a'` would be a placeholder, `'a'` and `'b'` one string. */
function joined(before: string, text: string): string {
  if (endsInComment(splitSql(before).at(-1))) return `${before}\n${text}`;
  const touch = /[\w'":&$]$/.test(before) && /^[\w'":&$]/.test(text);
  return touch ? `${before} ${text}` : before + text;
}

function quoted(value: unknown, before: string): string {
  if (value === null) return 'NULL';
  if (typeof value === 'object' && made.has(value as SqlSource)) return (value as SqlSource).sql;
  if (typeof value === 'string') return quoteLiteral(value);
  if (typeof value === 'boolean' || typeof value === 'bigint' || isFiniteNumber(value))
    return quoteLiteral(String(value));
  refuse(
    'invalid_sql',
    nameOf(before),
    `a value of the type ${typeof value} (${oneLine(inspect(value))}) cannot stand in SQL`,
    'write a text, number, boolean or null, sql`...` or sql.identifier(...)',
  );
}

const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value);
