import { parse as parseForm } from 'node:querystring';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { readPreferences, type Resolution } from './preferences.ts';

/** Methods that PostgREST answers by reading or writing rows. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

/** A request to PostgREST. */
export interface ApiRequest {
  readonly method: Method;
  /** Path with its query: `/todos?id=eq.3`. */
  readonly target: string;
  /** Value of each column or argument, one object for each row; undefined without a body. */
  readonly body?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** Exposed schema that the request names by `Accept-Profile` or `Content-Profile`. @default the first one */
  readonly schema?: string | undefined;
  /** True where the written rows are asked for (`Prefer: return=representation`). @default false */
  readonly returnsRows?: boolean | undefined;
  /** What happens to a row that exists already (`Prefer: resolution=...`). @default Postgres rejects it */
  readonly resolution?: Resolution | undefined;
}

/** Parts of a request besides its method and address. */
export interface RequestOptions {
  /** Body: JSON, or a form as `curl -d` sends it. */
  readonly data?: string | undefined;
  readonly schema?: string | undefined;
  /** Values of the header `Prefer`: `return=representation`. @default none */
  readonly prefer?: readonly string[] | undefined;
}

/**
 * Reads `GET /todos?id=eq.3`, or a whole URL in place of the path. Without a method it is `POST` with a body, else `GET`.
 *
 * @example
 * parseRequest('PATCH /todos?id=eq.3', { data: '{"done": true}' });
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function parseRequest(text: string, { data, schema, prefer = [] }: RequestOptions = {}): ApiRequest {
  const [, given, address = ''] = /^\s*(?:([A-Za-z]+)\s+)?(\S.*?)\s*$/s.exec(text) ?? [];
  const method = (given ?? (data === undefined ? 'GET' : 'POST')).toUpperCase();
  const known = METHODS.find((one) => one === method);
  if (!known) {
    refuse(
      'invalid_prop',
      'request',
      `the method ${JSON.stringify(method)} is not explained`,
      `use ${METHODS.join(', ')}`,
    );
  }
  const target = pathOf(address);
  return {
    method: known,
    target,
    ...(data !== undefined && { body: readBody(data) }),
    ...(schema !== undefined && { schema }),
    ...readPreferences(prefer),
  };
}

/** The path with its query, of an address with or without a host. */
function pathOf(address: string): string {
  const path = address.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  if (/^\/[^/?]/.test(path)) return path;
  const problem = `the address ${JSON.stringify(address)} names no table, view or function`;
  return refuse('invalid_prop', 'request', problem, "write it as 'GET /todos?id=eq.3' or 'POST /rpc/publish'");
}

function readBody(data: string): Readonly<Record<string, unknown>>[] {
  const value = readValue(data);
  const rows = Array.isArray(value) ? (value as unknown[]) : [value];
  const isRow = (row: unknown): row is Record<string, unknown> =>
    typeof row === 'object' && row !== null && !Array.isArray(row);
  if (rows.every(isRow)) return rows;
  return refuse('invalid_prop', '--data', 'it is no JSON object and no list of objects', 'write {"column": value}');
}

function readValue(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    if (/^[^={}[\]]+=/.test(data)) return { ...parseForm(data) };
    return refuse('invalid_prop', '--data', `it is no JSON (${String(error)})`, 'write {"column": value}', error);
  }
}
