import { quoteIdentifier } from '../../postgres/quote.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';

/** A name as a declaration has it: without the schema where that is the first one. */
export function writtenName({ schema, name }: QualifiedName, [first]: readonly string[]): string {
  return schema === first ? part(name) : `${part(schema)}.${part(name)}`;
}

/** A part that has a dot or a quote is quoted as in SQL. */
function part(name: string): string {
  return /[."]/.test(name) ? quoteIdentifier(name) : name;
}

/** A name for the report. */
export function shownName({ schema, name }: QualifiedName): string {
  return `${schema}.${name}`;
}

/** A name of letters, digits and underscores, for files and policies. */
export function plainName(text: string, mostCharacters = 50): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, mostCharacters)
    .replace(/^_+|_+$/g, '');
  return plain === '' ? 'policy' : plain;
}
