import type { Declaration } from '../declaration/types.ts';
import { narrowSpec, type Spec } from './narrow-spec.ts';
import type { RequestFunction } from './options.ts';
import { tableAccess } from '../access/table-access.ts';

/** Whose view of the API is asked for. */
export interface Viewer {
  readonly role: string;
  /** The header `Authorization`. @default none: anonymous */
  readonly authorization?: string | undefined;
  /** @default the first exposed one */
  readonly schema?: string | undefined;
}

/** Parts of an API that its description does not show. */
export interface Known {
  readonly declaration: Declaration;
  readonly functions: readonly RequestFunction[];
}

/**
 * Asks the API for its description and makes it one of the explorer's: requests go to `/api` of the page's own origin,
 * and only what the role may do is in it. Answers of the API that are no description are passed on.
 */
export async function describeApi(
  apiUrl: string,
  { declaration, functions }: Known,
  { role, authorization, schema = declaration.schemas[0]! }: Viewer,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(apiUrl, {
    headers: {
      Accept: 'application/openapi+json',
      'Accept-Profile': schema,
      ...(authorization !== undefined && { Authorization: authorization }),
    },
  });
  const body = (await response.json()) as Spec;
  if (!response.ok) return { status: response.status, body };
  const tables = tableAccess(declaration, role).filter((table) => table.schema === schema);
  const own = { tables, functions: functions.filter((fn) => fn.schema === schema) };
  // The page has a title and addresses of its own, and hands over the token.
  const replaced = { host: undefined, schemes: undefined, info: undefined, basePath: '/api' };
  return { status: 200, body: { ...narrowSpec(body, own), ...replaced } };
}
