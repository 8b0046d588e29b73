import { splitSql } from '../../../postgres/sql-text.ts';

/** SQL whose words can be looked for: literals are their numbers, words without quotes are in lower case. */
export interface MaskedBody {
  readonly text: string;
  /** Literals by number, with their quotes. */
  readonly literals: readonly string[];
}

export function maskedBody(sql: string): MaskedBody {
  const literals: string[] = [];
  const text = splitSql(sql)
    .map((part) => {
      if (part.kind === 'code') return part.text.toLowerCase();
      return part.kind === 'string' ? `'${literals.push(part.text) - 1}'` : part.text;
    })
    .join('');
  return { text, literals };
}

/** Statements of a body; a literal may hold others. */
export function statementsIn(sql: string): string[] {
  const statements = [''];
  for (const { kind, text } of splitSql(sql)) {
    const [first = '', ...others] = kind === 'code' ? text.split(';') : [text];
    statements[statements.length - 1] += first;
    statements.push(...others);
  }
  return statements.filter((statement) => statement.trim() !== '');
}

/** Arguments between brackets, and the offset behind the closing one. @param open offset behind the opening one */
export function argumentsAt(
  text: string,
  open: number,
): { readonly arguments: readonly string[]; readonly end: number } {
  const found = [''];
  let depth = 1;
  for (let at = open; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '(' || letter === '[') depth++;
    if (letter === ')' || letter === ']') depth--;
    if (depth === 0) return { arguments: found, end: at + 1 };
    if (letter === ',' && depth === 1) found.push('');
    else found[found.length - 1] += letter;
  }
  return { arguments: found, end: text.length };
}
