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
  const text = sql
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return text.length > CHARACTERS ? `${text.slice(0, CHARACTERS)} ...` : text;
}
