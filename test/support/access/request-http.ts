import type { Answer } from '../../../access/check/run-requests.ts';
import type { CheckRequest, Filter } from '../../../access/check/request.ts';
import type { Row } from '../../../access/check/rows.ts';
import { tableIn, type Shape } from '../../../access/check/shape.ts';

/** Sends a request to PostgREST, with a token if it has one. */
export async function sendRequest(
  url: string,
  shape: Shape,
  request: CheckRequest,
  token: string | undefined,
): Promise<Answer> {
  const { path, method, body, prefer } = messageOf(shape, request);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      Prefer: prefer.join(', '),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json: unknown = text === '' ? undefined : JSON.parse(text);
  if (!response.ok) return json as { readonly code: string; readonly message: string };
  const count = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? NaN);
  if (request.kind === 'call') {
    const called = (Array.isArray(json) ? (json as unknown[]) : [json]).map((value) => ({ called: value }) as Row);
    return { rows: called, count: called.length, state: null };
  }
  const rows = json === undefined ? null : (json as Row[]);
  return { rows, count: Number.isNaN(count) ? (rows?.length ?? 0) : count, state: null };
}

function messageOf(shape: Shape, request: CheckRequest) {
  const name = encodeURIComponent(request.target.name);
  if (request.kind === 'call') {
    return { path: `/rpc/${name}`, method: 'POST', body: request.arguments, prefer: [] };
  }
  const query = new URLSearchParams();
  if (request.kind !== 'insert') for (const filter of request.filters) query.append(...parameterOf(filter));
  if (request.kind === 'read') {
    const { embedded } = request;
    const other = tableIn(shape, request.target)?.references.find((each) => each.name === embedded?.reference);
    const beside =
      embedded && other
        ? [`embedded:${other.table}!${other.name}${embedded.inner ? '!inner' : ''}(${embedded.columns.join(',')})`]
        : [];
    query.set('select', [...request.columns, ...beside].join(','));
    return { path: `/${name}?${query.toString()}`, method: 'GET', prefer: ['count=exact'] };
  }
  if (request.returning) query.set('select', request.returning.join(','));
  const prefer = [`return=${request.returning ? 'representation' : 'minimal'}`, 'count=exact'];
  switch (request.kind) {
    case 'insert':
      query.set('columns', request.columns.join(','));
      return {
        path: `/${name}?${query.toString()}`,
        method: 'POST',
        body: request.rows,
        prefer: [...prefer, ...(request.conflict ? [`resolution=${request.conflict}`] : [])],
      };
    case 'update':
      return { path: `/${name}?${query.toString()}`, method: 'PATCH', body: request.set, prefer };
    case 'delete':
      return { path: `/${name}?${query.toString()}`, method: 'DELETE', prefer };
  }
}

function parameterOf({ column, operator, value }: Filter): [string, string] {
  const text = (one: unknown) => String(one);
  if (operator === 'is') return [column, 'is.null'];
  if (operator === 'in')
    return [
      column,
      `in.(${[value]
        .flat()
        .map((one) => `"${text(one)}"`)
        .join(',')})`,
    ];
  return [column, `${operator}.${text(value)}`];
}
