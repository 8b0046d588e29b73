import { extraSearchPath } from '../compile/server/settings.ts';
import type { Declaration } from '../declaration/types.ts';
import { quoteIdentifier } from '../postgres/quote.ts';

/** The search path of migrations and seeds: application SQL finds its names where PostgREST does. */
export function searchPath(declaration: Pick<Declaration, 'schemas' | 'server'>): string {
  return [...new Set([...declaration.schemas, 'public', ...extraSearchPath(declaration)])]
    .map(quoteIdentifier)
    .join(', ');
}
