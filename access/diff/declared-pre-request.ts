import type { Declaration } from '../../declaration/types.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';

/** The function that servers of a declaration call before each request. */
export function declaredPreRequest({ privateSchema: schema }: Declaration): QualifiedName {
  return { schema, name: 'pre_request' };
}
