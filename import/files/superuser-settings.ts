import type { ParsedStatement } from '../../postgres/parse-sql.ts';
import { splitSql } from '../../postgres/sql-text.ts';

/** The text of a statement without settings of a function that only a superuser may make. */
export function withoutSuperuserSettings(text: string, statement: ParsedStatement, names: readonly string[]): string {
  const found = names.filter((name) => setBy(statement).includes(name));
  if (found.length === 0) return text;
  const value = String.raw`(?:'x*'|"x*"|[\w.+-]+)`;
  const clause = new RegExp(
    String.raw`\s*\bset\s+(?:${found.map((name) => `${name}|"x{${name.length}}"`).join('|')})\s*(?:to\b|=)\s*${value}(?:\s*,\s*${value})*`,
    'gi',
  );
  return [...masked(text).matchAll(clause)]
    .filter(({ 0: { length }, index }) =>
      found.some((name) =>
        text
          .slice(index, index + length)
          .toLowerCase()
          .includes(name),
      ),
    )
    .reduceRight((rest, { 0: { length }, index }) => rest.slice(0, index) + rest.slice(index + length), text);
}

/** Names of the settings that a function is created with. */
function setBy({ kind, node }: ParsedStatement): string[] {
  if (kind !== 'CreateFunctionStmt') return [];
  const options = (node['options'] ?? []) as { DefElem?: { arg?: { VariableSetStmt?: { name?: string } } } }[];
  return options.flatMap(({ DefElem }) => DefElem?.arg?.VariableSetStmt?.name?.toLowerCase() ?? []);
}

/** The text with the contents of strings and quoted names replaced by as many letters. */
function masked(text: string): string {
  return splitSql(text)
    .map((part) => {
      if (part.kind === 'code') return part.text;
      const quote = part.kind === 'identifier' ? '"' : part.kind === 'string' ? "'" : ' ';
      return quote + (quote === ' ' ? ' ' : 'x').repeat(Math.max(part.text.length - 2, 0)) + quote;
    })
    .join('');
}
