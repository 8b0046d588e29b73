import { refuse } from '../errors/secured-postgrest-error.ts';

/** Quotes one identifier; whatever it holds, Postgres reads it back as this very name. */
export function quoteIdentifier(name: string): string {
  return `"${withoutNul(name).replaceAll('"', '""')}"`;
}

/** Quotes a text as a literal, whatever `standard_conforming_strings` is. */
export function quoteLiteral(text: string): string {
  const quoted = `'${withoutNul(text).replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? ` E${quoted}` : quoted;
}

/** Postgres cannot hold NUL in any text: quoting cannot help, so it is refused. */
function withoutNul(text: string): string {
  if (text.includes('\0')) {
    refuse('invalid_name', 'quoting', `${JSON.stringify(text)} holds a NUL character`, 'remove it');
  }
  return text;
}
