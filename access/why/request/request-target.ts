import { unescape } from 'node:querystring';
import { splitList } from './split-list.ts';

/** Parameters of PostgREST that name no column to filter by. */
const RESERVED = ['select', 'order', 'limit', 'offset', 'columns', 'on_conflict', 'and', 'or', 'not.and', 'not.or'];

/** The parts of a request's address that decide which grants it needs. */
export interface RequestTarget {
  /** Name of the table, view or function; empty for the description of the API. */
  readonly name: string;
  readonly isFunction: boolean;
  /** Columns that `select` names; undefined: every column. */
  readonly selected?: readonly string[];
  /** Columns that the request filters by. */
  readonly filtered: readonly string[];
}

/** Reads path and query. Embedded resources and aggregates are left out: their grants are others. */
export function readTarget(target: string): RequestTarget {
  // Not as the address of a page: `//` would name another host, and `%ff` is no text.
  const [pathname = '', ...query] = target.split('?');
  const searchParams = new URLSearchParams(query.join('?'));
  const path = unescape(pathname).replace(/^\//, '');
  const isFunction = path.startsWith('rpc/');
  const selected = splitList(searchParams.get('select') ?? '*');
  const filtered = [...searchParams.keys()].filter((key) => !RESERVED.includes(key) && !key.includes('.'));
  return {
    name: isFunction ? path.slice('rpc/'.length) : path,
    isFunction,
    ...(!selected.includes('*') && { selected: selected.flatMap(columnOf) }),
    filtered: isFunction ? [] : filtered,
  };
}

/** The column of `alias:column->path::type`; none of an embedded resource. */
export function columnOf(part: string): string[] {
  if (part.endsWith(')')) return [];
  const [, quoted, plain] = /^(?:(?:"[^"]*"|\w+):(?!:))?(?:"((?:[^"\\]|\\.)*)"|([^":-]+))/.exec(part.trim()) ?? [];
  const name = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
  return name === undefined ? [] : [name];
}
