import type { QualifiedName } from '../../postgres/qualified-name.ts';

/** A name as a declaration has it: without the schema where that is the first one. */
export function writtenName({ schema, name }: QualifiedName, [first]: readonly string[]): string {
  return schema === first ? name : `${schema}.${name}`;
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
