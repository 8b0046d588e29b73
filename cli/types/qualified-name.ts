import type { QualifiedName } from '../../postgres/qualified-name.ts';

/** A name as a declaration has it: `name` in the first exposed schema, or `schema.name`. A part with a dot or quote is quoted. */
export function qualifiedName({ schema, name }: QualifiedName, first: string): string {
  const parts = schema === first ? [name] : [schema, name];
  return parts.map((part) => (/[".]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join('.');
}
