import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../../../access/why/request/api-request.ts';

describe('parseRequest', () => {
  it.each([
    ['GET /todos?id=eq.3', { method: 'GET', target: '/todos?id=eq.3' }],
    ['  delete   /todos?id=eq.3  ', { method: 'DELETE', target: '/todos?id=eq.3' }],
    ['/rpc/publish', { method: 'GET', target: '/rpc/publish' }],
    ['GET https://api.example:3000/todos?title=eq.a%20b#top', { method: 'GET', target: '/todos?title=eq.a%20b' }],
    ['GET /todos?title=eq.two words', { method: 'GET', target: '/todos?title=eq.two words' }],
  ])('reads %j', (text, expected) => {
    expect(parseRequest(text)).toEqual(expected);
  });

  it('takes a body for POST, and reads JSON, a list and a form', () => {
    expect(parseRequest('/todos', { data: '{"title": "x"}' })).toEqual({
      method: 'POST',
      target: '/todos',
      body: [{ title: 'x' }],
    });
    expect(parseRequest('POST /todos', { data: '[{"a": 1}, {"a": 2}]' }).body).toEqual([{ a: 1 }, { a: 2 }]);
    expect(parseRequest('POST /todos', { data: 'title=buy%20milk&done=true' }).body).toEqual([
      { title: 'buy milk', done: 'true' },
    ]);
  });

  it.each([
    ['MERGE /todos', undefined, /the method "MERGE" is not explained; use GET, HEAD, POST, PUT, PATCH, DELETE/],
    ['GET todos', undefined, /the address "todos" names no table, view or function/],
    ['GET https://api.example', undefined, /names no table, view or function/],
    ['POST /todos', '[1]', /it is no JSON object and no list of objects/],
    ['POST /todos', '{"title"', /it is no JSON/],
  ])('rejects %j with the body %j', (text, data, message) => {
    expect(() => parseRequest(text, { data })).toThrow(message);
    expect(() => parseRequest(text, { data })).toThrow(expect.objectContaining({ code: 'invalid_prop' }) as Error);
  });
});

it('parseRequest reads what Prefer asks for, of one header or of several', () => {
  const of = (...prefer: string[]) => parseRequest('POST /todos', { prefer });
  expect(of('return=representation, resolution = merge-duplicates')).toMatchObject({
    returnsRows: true,
    resolution: 'merge-duplicates',
  });
  expect(of('return=headers-only', 'resolution=ignore-duplicates')).toMatchObject({
    returnsRows: true,
    resolution: 'ignore-duplicates',
  });
  expect(of('return=minimal, count=exact')).toEqual({ method: 'POST', target: '/todos' });
});
