import { extraSearchPath } from '../compile/server/settings.ts';
import type { Declaration } from '../declaration/types.ts';
import { quoteIdentifier } from '../postgres/quote.ts';

/** The search path of migrations and seeds: application SQL finds its names where PostgREST does. */
export function searchPath(declaration: Pick<Declaration, 'schemas' | 'server'>): string {
  return written([...declaration.schemas, 'public', ...extraSearchPath(declaration)]);
}

/** The search path of a request to an exposed schema. */
export function requestSearchPath(declaration: Pick<Declaration, 'server'>, exposed: string): string {
  return written([exposed, ...extraSearchPath(declaration)]);
}

function written(schemas: readonly string[]): string {
  return [...new Set(schemas)].map(quoteIdentifier).join(', ');
}
