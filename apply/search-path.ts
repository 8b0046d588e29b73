import type { Declaration } from '../declaration/types.ts';
import { quoteIdentifier } from '../postgres/quote.ts';

/** The search path of migrations and seeds: application SQL finds its names where PostgREST does. */
export function searchPath({ schemas }: Pick<Declaration, 'schemas'>): string {
  return [...new Set([...schemas, 'public'])].map(quoteIdentifier).join(', ');
}
