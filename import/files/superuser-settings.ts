import type { ParsedStatement } from '../../postgres/parse-sql.ts';
import { splitSql, type SqlPart } from '../../postgres/sql-text.ts';

/** The text of a statement without settings of a function that only a superuser may make. */
export function withoutSuperuserSettings(text: string, statement: ParsedStatement, names: readonly string[]): string {
  const found = names.filter((name) => setBy(statement).includes(name));
  if (found.length === 0) return text;
  const value = String.raw`(?:'x*'|"x*"|[\w.+-]+)`;
  const clause = new RegExp(
    String.raw`\s*\bset\s+(?:${found.map((name) => `${name}|"x{${name.length}}"`).join('|')})\s*(?:to\b|=)\s*${value}(?:\s*,\s*${value})*`,
    'gi',
  );
  const isOfOne = (part: string) => found.some((name) => part.toLowerCase().includes(name));
  return [...masked(text).matchAll(clause)]
    .map(({ 0: { length }, index }) => ({ index, end: index + length }))
    .filter(({ index, end }) => isOfOne(text.slice(index, end)))
    .reduceRight((rest, { index, end }) => rest.slice(0, index) + rest.slice(end), text);
}

/** Names of the settings that a function is created with. */
function setBy({ kind, node }: ParsedStatement): string[] {
  if (kind !== 'CreateFunctionStmt') return [];
  const options = (node['options'] ?? []) as { DefElem?: { arg?: { VariableSetStmt?: { name?: string } } } }[];
  return options.flatMap(({ DefElem }) => DefElem?.arg?.VariableSetStmt?.name?.toLowerCase() ?? []);
}

/** First, inner and last characters in the place of strings, quoted names and comments. */
const FILLS: Readonly<Record<Exclude<SqlPart['kind'], 'code'>, string>> = {
  string: `'x'`,
  identifier: '"x"',
  comment: '   ',
  unterminated: '   ',
};

/** The text with the contents of strings and quoted names replaced by as many letters. */
function masked(text: string): string {
  return splitSql(text)
    .map((part) => {
      if (part.kind === 'code') return part.text;
      const [first, inner, last] = FILLS[part.kind];
      return `${first}${inner!.repeat(Math.max(part.text.length - 2, 0))}${last}`;
    })
    .join('');
}
