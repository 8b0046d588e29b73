import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startExplorer, type Explorer } from '../../../explorer/explorer.ts';
import declaration from '../../../examples/todos/declaration.ts';

let api: Server;
let explorer: Explorer;
let serve: (request: IncomingMessage, response: ServerResponse) => void;
let seen: { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers']; body: string };

beforeAll(async () => {
  api = createServer((request, response) => serve(request, response)).listen(0, '127.0.0.1');
  await once(api, 'listening');
  explorer = await startExplorer({
    apiUrl: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    declaration: () => declaration,
    identities: () => Promise.resolve([]),
    tokenFor: () => Promise.reject(new Error('no tokens here')),
    access: () => Promise.reject(new Error('no matrix here')),
    map: () => Promise.reject(new Error('no map here')),
    functions: () => Promise.resolve([]),
  });
});
afterAll(async () => {
  await explorer.stop();
  api.close();
});
beforeEach(() => {
  serve = (incoming, response) => {
    void text(incoming).then((body) => {
      const { method, url, headers } = incoming;
      seen = { method, url, headers, body };
      response.end('done');
    });
  };
});

/** Sends just this path and these headers, where `fetch` would set them right. */
async function ask(path: string, { method = 'GET', headers = {}, body = '' } = {}) {
  const { hostname, port } = new URL(explorer.url);
  const outgoing = request({
    hostname,
    port,
    path: `/api${path}`,
    method,
    headers: { 'Explorer-Secret': explorer.secret, ...headers },
    agent: false,
  });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode, message: response.statusMessage, headers: response.headers, response };
}

it('leaves path and query as they are', async () => {
  for (const path of ['/', '/a%20b/%2e%2e/c?x=(1,2)&y=%26', '/?', '//x', '/../secret']) {
    await ask(path);
    expect(seen.url).toBe(path);
  }
  await ask('?select=id');
  expect(seen.url).toBe('/?select=id');
});

it('sends on headers and body, but nothing that belongs to a connection or to the page', async () => {
  const { host } = new URL(explorer.url);
  await ask('/todos', {
    method: 'PATCH',
    headers: {
      Authorization: 'Bearer x',
      Prefer: 'return=minimal',
      'Content-Type': 'application/json',
      'Content-Length': '2',
      Connection: 'close, X-Private',
      'X-Private': '1',
      TE: 'trailers',
      Origin: `http://${host}`,
      Referer: `http://${host}/`,
    },
    body: '{}',
  });
  expect(seen).toMatchObject({ method: 'PATCH', url: '/todos', body: '{}' });
  expect(JSON.stringify(seen)).not.toContain(explorer.secret);
  expect(seen.headers).toEqual({
    host: new URL(`http://127.0.0.1:${(api.address() as AddressInfo).port}`).host,
    connection: 'close',
    authorization: 'Bearer x',
    prefer: 'return=minimal',
    'content-type': 'application/json',
    'content-length': '2',
  });
});

it('sends on a body in chunks, also with methods that usually have none', async () => {
  for (const method of ['POST', 'DELETE', 'GET']) {
    await ask('/todos', { method, headers: { 'Transfer-Encoding': 'chunked' }, body: 'x'.repeat(300_000) });
    expect(seen.body).toHaveLength(300_000);
  }
});

it('sends back status and headers, but none that lets other origins in', async () => {
  serve = (_, response) => {
    response.writeHead(418, 'Short and Stout', {
      'Content-Range': '0-1/*',
      'Set-Cookie': ['a=1', 'b=2'],
      'Cache-Control': 'max-age=9',
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': 'Content-Range',
      'Content-Security-Policy': "default-src 'self'",
      'Content-Type': 'text/html',
      Connection: 'X-Private',
      'X-Private': '1',
    });
    response.end('<script src="/token"></script>');
  };
  const { status, message, headers } = await ask('/teapot');
  expect([status, message]).toEqual([418, 'Short and Stout']);
  expect(headers).toMatchObject({
    'content-range': '0-1/*',
    'set-cookie': ['a=1', 'b=2'],
    'cache-control': 'max-age=9',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  });
  expect(Object.keys(headers).filter((name) => /^access-control|^x-private/.test(name))).toEqual([]);
});

it('passes on what comes as it comes', async () => {
  serve = (_, response) => void response.write('first');
  const { response } = await ask('/slow');
  const [chunk] = (await once(response, 'data')) as [Buffer];
  expect(chunk.toString()).toBe('first');
  response.destroy();
});

it('breaks off where the API does', async () => {
  serve = (_, response) => {
    response.writeHead(200, { 'Content-Length': '100' }).write('half', () => response.destroy());
  };
  const { response } = await ask('/half');
  await expect(text(response)).rejects.toThrow('aborted');
});

it('tells that the API broke off before it said anything', async () => {
  serve = (_, response) => response.destroy();
  const { status, response } = await ask('/nothing');
  expect(status).toBe(502);
  expect(JSON.parse(await text(response))).toMatchObject({ message: expect.stringContaining('ECONNRESET') as string });
});

it('breaks off where the browser does', async () => {
  let closed = false;
  serve = (_, response) => {
    response.on('close', () => (closed = true));
    response.write('first');
  };
  const { response } = await ask('/endless');
  await once(response, 'data');
  response.destroy();
  await expect.poll(() => closed).toBe(true);
});

it('ends with connections that are open', async () => {
  const own = await startExplorer({
    apiUrl: explorer.url,
    declaration: () => declaration,
    identities: () => new Promise(() => {}),
    tokenFor: () => Promise.reject(new Error('no tokens here')),
    access: () => Promise.reject(new Error('no matrix here')),
    map: () => Promise.reject(new Error('no map here')),
    functions: () => Promise.resolve([]),
  });
  const waiting = fetch(`${own.url}/identities`, { headers: { 'Explorer-Secret': own.secret } }).catch(
    (error: Error) => error.message,
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  await own.stop();
  expect(await waiting).toBe('fetch failed');
});
