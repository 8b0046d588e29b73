import type { Declaration } from '../../declaration/types.ts';
import type { PreRequest } from './diff-side.ts';

/** The function that servers of a declaration call before each request. */
export function declaredPreRequest({ privateSchema: schema }: Declaration): PreRequest {
  return { schema, name: 'pre_request', isOwn: true };
}
