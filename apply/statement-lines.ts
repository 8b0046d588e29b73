import { visible } from '../errors/visible.ts';
import { splitSql } from '../postgres/sql-text.ts';

/** More statements than these are counted only. */
const SHOWN = 30;
const CHARACTERS = 160;

/** Statements in a line each, with the number of those that are too many to be read. */
export function statementLines(statements: readonly string[]): string[] {
  const lines = statements.slice(0, SHOWN).map((sql) => `${shortened(sql)};`);
  const more = statements.length - lines.length;
  return more > 0 ? [...lines, `-- and ${more} more`] : lines;
}

function shortened(sql: string): string {
  const code = splitSql(sql)
    .filter(({ kind }) => kind !== 'comment')
    .map(({ kind, text }) => (kind === 'identifier' ? text : text.replaceAll(/\s+/g, ' ')));
  const text = visible(code.join('').trim());
  return text.length > CHARACTERS ? `${text.slice(0, CHARACTERS)} ...` : text;
}
