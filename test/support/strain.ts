import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { allRows, declare, publicRows, type Declaration } from '../../declaration/index.ts';

/** A request that is meant to use up what a server has. */
export interface Shape {
  readonly name: string;
  readonly path: string;
  /** Makes the body of a POST. @default a GET without a body */
  readonly body?: () => string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An API with wide rows for everybody: 200 of 5 KB, 1,000 short ones, and a number of 131,072 digits. */
export function strained(): Declaration {
  const everybody = ['strain_anon', 'strain_user'];
  const open = (name: string) => ({
    name,
    grants: [{ to: everybody, select: true as const, insert: true as const }],
    policies: [
      publicRows({ to: everybody, for: 'select', where: { public: true } }),
      allRows({ to: everybody, for: 'insert' }),
    ],
  });
  return declare({
    name: 'strain',
    schemas: ['api'],
    roles: { anonymous: 'strain_anon', users: ['strain_user'] },
    migrations: [
      {
        file: '001_rows.sql',
        sql: `
CREATE TABLE api.items (
  id int PRIMARY KEY, parent int REFERENCES api.items, title text NOT NULL, data jsonb, public boolean DEFAULT true
);
CREATE INDEX ON api.items (parent);
CREATE INDEX ON api.items (public);
INSERT INTO api.items SELECT n, n, repeat(md5(n::text), 160), '{"a": [1, 2, 3]}' FROM generate_series(1, 200) n;
CREATE TABLE api.lines (id int PRIMARY KEY, title text NOT NULL, public boolean DEFAULT true);
CREATE INDEX ON api.lines (public);
INSERT INTO api.lines SELECT n, 'title ' || n FROM generate_series(1, 1000) n;
CREATE TABLE api.numbers (id int PRIMARY KEY, title text NOT NULL, public boolean DEFAULT true);
CREATE INDEX ON api.numbers (public);
INSERT INTO api.numbers VALUES (1, '1e131071');
CREATE TABLE api.bulk (id int, title text NOT NULL, public boolean DEFAULT true);
CREATE FUNCTION api.f(a int) RETURNS int LANGUAGE sql STABLE AS 'SELECT a';`,
      },
    ],
    tables: [open('items'), open('lines'), open('numbers'), open('bulk')],
    functions: [{ name: 'f', execute: everybody }],
  });
}

const many = (count: number, part: (index: number) => string, separator = ',') =>
  Array.from({ length: count }, (_, index) => part(index)).join(separator);
const renamed = (count: number, column: string) => many(count, (n) => `a${n}:${column}`);

/** Those that Postgres answers, or refuses, within its bounds. */
export const forPostgres: readonly Shape[] = [
  { name: '200 rows of 5 KB, 120 times each', path: `/items?select=${renamed(120, 'title')}` },
  { name: '200 rows of 5 KB, 600 times each', path: `/items?select=${renamed(600, 'title')}` },
  { name: 'a number of 131,072 digits, 1,600 times', path: `/numbers?select=${renamed(1600, 'title::numeric')}` },
  { name: '1,000 rows, with a URL of 8.7 KB', path: `/lines?select=${renamed(700, 'title')}` },
  {
    name: 'a sort by 1,000 columns of wide rows',
    path: `/items?select=${renamed(500, 'title')}&order=${many(1000, () => 'title.desc')}`,
  },
  { name: '1,000 paths into JSON', path: `/items?select=${many(1000, (n) => `a${n}:data->a->${n}`)}` },
  { name: 'a regular expression of a million states', path: '/items?title=match.((((a{1,50}){1,50}){1,50}){1,50}' },
  { name: 'nested repetitions', path: `/items?title=imatch.${encodeURIComponent('^(([a-z0-9]+)+)+$')}` },
  { name: 'a pattern of 2,000 wildcards', path: `/items?title=like.*${many(2000, () => 'a', '*')}*` },
  { name: 'a text search for 1,000 words', path: `/items?title=fts.${many(1000, (n) => `w${n}`, '%26')}` },
  { name: 'a list of 6,000 keys', path: `/items?id=in.(${many(6000, String)})` },
  { name: '3,000 conditions', path: `/items?or=(${many(3000, () => 'id.eq.1')})` },
  {
    name: '12 tables embedded in each other',
    path: `/items?select=id${',i:items!parent(id'.repeat(12)}${')'.repeat(12)}`,
  },
  { name: 'a huge offset, counted', path: '/lines?offset=2000000000', headers: { Prefer: 'count=exact' } },
  { name: 'a table name of 20 KB', path: `/${'i'.repeat(20_000)}` },
  {
    name: '40 KB of headers',
    path: '/lines?id=eq.1',
    headers: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`x-${n}`, 'x'.repeat(1000)])),
  },
  { name: '1,000 rows of 2 KB', path: '/bulk', body: () => rows(1000, 2000) },
  {
    name: 'a value in 100,000 brackets',
    path: '/items',
    body: () => `[{"id":-1,"title":"x","data":${'['.repeat(1e5)}${']'.repeat(1e5)}}]`,
  },
  {
    name: 'a URL of 15 KB of wide columns for an insert',
    path: `/items?columns=${many(3000, () => 'id')}`,
    body: () => '[{"id":-2}]',
  },
];

/**
 * Those that PostgREST computes over before Postgres sees them, with the square of their length: several at a time are
 * shorter, so that what they cost stays what one does.
 */
export function forServer(count: number): readonly Shape[] {
  const length = (alone: number) => Math.round(alone / Math.sqrt(count));
  return [
    { name: 'an RPC with many parameters', path: `/rpc/f?${many(length(1500), (n) => `a${n}=1`, '&')}` },
    { name: 'a long function name', path: `/rpc/${'f'.repeat(length(8000))}` },
    { name: 'a long embedded name', path: `/items?select=${'n'.repeat(length(4000))}(*)` },
    {
      name: 'nested conditions',
      path: `/items?or=${'(or'.repeat(length(8000))}(id.eq.1)${')'.repeat(length(8000))}`,
    },
  ];
}

/** Those that may take more memory than PostgREST has. */
export const forMemory: readonly Shape[] = [
  { name: 'a body of 120 MB', path: '/bulk', body: () => rows(1, 120e6) },
  { name: '100,000 rows', path: '/bulk', body: () => rows(100_000, 20) },
];

function rows(count: number, width: number): string {
  return `[${many(count, (n) => `{"id":${n},"title":"${'x'.repeat(width)}"}`)}]`;
}

/** Sends one, and says what came of it: the status, `closed`, or `late`. */
export function send(
  base: string,
  { path, body, headers }: Shape,
  token?: string,
  patienceMs = 10_000,
): Promise<string> {
  const text = body?.();
  return new Promise((resolve) => {
    const sent = request(new URL(base).origin + path, {
      method: text === undefined ? 'GET' : 'POST',
      agent: false,
      timeout: patienceMs,
      maxHeaderSize: 1e6,
      headers: {
        ...headers,
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
      },
    });
    sent.on('response', (response) => {
      response.on('error', () => resolve('closed')).on('end', () => resolve(String(response.statusCode)));
      response.resume();
    });
    sent.on('timeout', () => (resolve('late'), sent.destroy()));
    sent.on('error', () => resolve('closed'));
    sent.end(text);
  });
}

/** Connections that never finish their request. Returns what closes them. */
export async function idleConnections(port: number, count: number): Promise<() => void> {
  const sockets = Array.from({ length: count }, () =>
    connect({ host: '127.0.0.1', port }).on('error', () => undefined),
  );
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write('GET /lines HTTP/1.1\r\nHost: x\r\n');
  return () => sockets.forEach((socket) => socket.destroy());
}
