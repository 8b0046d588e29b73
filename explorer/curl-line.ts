import { shellWord } from '../errors/shell-word.ts';
import type { Declaration } from '../declaration/types.ts';
import { selectParameter, tableAccess } from '../access/table-access.ts';

/**
 * A request for a POSIX shell: for the first table that the role may read, or else for the description of the API.
 *
 * @param authorization header with the token, or `@file` with it. @default none: a request without a token
 *
 * @example
 * curlLine('http://127.0.0.1:3000', declaration, 'todos_anon'); // curl 'http://127.0.0.1:3000/todos?select=id,title'
 */
export function curlLine(apiUrl: string, declaration: Declaration, role: string, authorization?: string): string {
  const [firstSchema] = declaration.schemas;
  const table = tableAccess(declaration, role).find(
    ({ schema, columns }) => columns.select !== undefined && declaration.schemas.includes(schema),
  );
  const url = new URL(apiUrl);
  if (table !== undefined) {
    url.pathname = encodeURIComponent(table.name);
    const select = selectParameter(table);
    if (select !== undefined) url.search = `select=${encodeURIComponent(select).replaceAll('%2C', ',')}`;
  }
  const headers = [
    ...(table === undefined || table.schema === firstSchema ? [] : [`Accept-Profile: ${table.schema}`]),
    ...(authorization === undefined ? [] : [authorization]),
  ];
  return ['curl', url.href, ...headers.flatMap((header) => ['-H', header])].map(shellWord).join(' ');
}

/** The header that carries a token. */
export function bearer(token: string): string {
  return `Authorization: Bearer ${token}`;
}
