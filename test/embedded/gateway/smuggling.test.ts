import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';
import { rawRequest, statuses } from '../../support/raw-request.ts';

/** A server that keeps what it is sent, and answers each read. */
let server: Server;
let received = '';
let gateway: Nginx;

const HEAD = 'Host: x\r\nConnection: close\r\n';
const INNER = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';

describe.skipIf(skipNginx)('request smuggling', () => {
  beforeAll(async () => {
    server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (data) => {
          received += data.toString('latin1');
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    gateway = await startNginx(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterAll(async () => {
    await gateway?.stop();
    server.close();
  });

  beforeEach(() => (received = ''));

  /** The lines of requests that the server was sent. */
  const requests = () => received.match(/^[A-Z]+ \S+ HTTP\/1\.\d/gm) ?? [];

  it.each([
    ['two lengths', `Content-Length: 0\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`],
    ['a length and chunks', `Content-Length: ${INNER.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`],
    ['another encoding', `Transfer-Encoding: identity\r\n\r\n${INNER}`],
    ['two encodings', `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
    ['encodings in a list', `Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['an encoding behind a tab', `Transfer-Encoding:\tchunked\t\x0b\r\n\r\n0\r\n\r\n`],
    ['a negative length', 'Content-Length: -1\r\n\r\n'],
    ['a length with a sign', 'Content-Length: +5\r\n\r\nhello'],
    ['a length in hexadecimal', 'Content-Length: 0x5\r\n\r\nhello'],
    ['a list of lengths', 'Content-Length: 5, 5\r\n\r\nhello'],
    ['a chunk of no size', 'Transfer-Encoding: chunked\r\n\r\nx\r\nhello\r\n0\r\n\r\n'],
    ['a chunk of a huge size', 'Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\nhello\r\n0\r\n\r\n'],
  ])('a request with %s is rejected', async (_, rest) => {
    const [status] = statuses(await rawRequest(gateway.port, `POST /items HTTP/1.1\r\n${HEAD}${rest}`));
    expect([400, 501]).toContain(status);
    expect(received).toBe('');
  });

  it.each([
    ['a name with a space', 'Transfer-Encoding : chunked'],
    ['a name with an underscore', 'Transfer_Encoding: chunked'],
    ['a name that begins with a space', ' Transfer-Encoding: chunked'],
    ['a name with a control character', 'Transfer-Encoding\x01: chunked'],
  ])('an encoding under %s never reaches a server', async (_, line) => {
    await rawRequest(gateway.port, `POST /items HTTP/1.1\r\n${HEAD}${line}\r\nContent-Length: 5\r\n\r\nhello`);
    expect(received).not.toMatch(/transfer.?encoding/i);
    expect(requests().length).toBeLessThanOrEqual(1);
  });

  it.each(['\n', '\r'])('a header with a bare line end is no other header: %j', async (end) => {
    await rawRequest(gateway.port, `GET /items HTTP/1.1\r\n${HEAD}X: a${end}X-Forwarded-For: 6.6.6.6\r\n\r\n`);
    expect(received).not.toContain('6.6.6.6');
  });

  it('chunks reach a server as one body of a known length', async () => {
    const body = '5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: x\r\n\r\n';
    const answer = await rawRequest(
      gateway.port,
      `POST /items HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n${body}`,
    );
    expect(statuses(answer)).toEqual([200]);
    expect(received).toMatch(/content-length: 11\r\n/i);
    expect(received.endsWith('\r\n\r\nhello world')).toBe(true);
    expect(received).not.toMatch(/transfer-encoding|trailer/i);
  });

  it('what follows a request without a body is another request', async () => {
    const answer = await rawRequest(
      gateway.port,
      `GET /items HTTP/1.1\r\nHost: x\r\n\r\nGET /hidden HTTP/1.1\r\n${HEAD}\r\n`,
    );
    expect(statuses(answer)).toEqual([200, 200]);
    expect(requests()).toEqual(['GET /items HTTP/1.1', 'GET /hidden HTTP/1.1']);
  });

  it.each([
    'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings',
    'Upgrade: websocket\r\nConnection: Upgrade',
  ])('no other protocol is agreed on with a server: %j', async (lines) => {
    const answer = await rawRequest(
      gateway.port,
      `GET /items HTTP/1.1\r\nHost: x\r\n${lines}\r\n\r\nGET /last HTTP/1.1\r\n${HEAD}\r\n`,
    );
    expect(statuses(answer)).not.toContain(101);
    expect(received).not.toMatch(/^(upgrade|connection|http2-settings): \S*(h2c|upgrade|websocket)/im);
  });

  it('a host in the first line is not passed on as part of the path', async () => {
    const answer = await rawRequest(gateway.port, `GET http://evil.test/items?a=b HTTP/1.1\r\n${HEAD}\r\n`);
    expect(statuses(answer)).toEqual([200]);
    expect(requests()).toEqual(['GET /items?a=b HTTP/1.1']);
  });

  it.each([
    'GET items HTTP/1.1',
    'GET /a b HTTP/1.1',
    'GET /items HTTP/9.9',
    'GET /items HTTP/1.1 x',
    'get /items HTTP/1.1',
  ])('a malformed first line is rejected: %s', async (line) => {
    const [status] = statuses(await rawRequest(gateway.port, `${line}\r\n${HEAD}\r\n`));
    expect([400, 405, 505, undefined]).toContain(status);
    expect(received).toBe('');
  });

  it.each(['a b', 'a/b', 'x:y@z/', ''])('a malformed host is rejected: "%s"', async (host) => {
    const [status] = statuses(
      await rawRequest(gateway.port, `GET /items HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    expect(status).toBe(400);
    expect(received).toBe('');
  });

  it('a POST that a server has seen is not sent again, nor is a GET more than twice', async () => {
    const seen: string[] = [];
    const rude = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (data) => {
          seen.push(data.toString('latin1').split(' ')[0]!);
          socket.destroy();
        });
    }).listen(0, '127.0.0.1');
    await once(rude, 'listening');
    const { port } = rude.address() as AddressInfo;
    const servers = Array.from({ length: 4 }, () => ({ host: '127.0.0.1', port }));
    const behind = await startNginx('http://127.0.0.1:1', { places: { servers } });
    try {
      expect((await fetch(behind.url, { method: 'POST', body: 'x' })).status).toBe(502);
      expect(seen).toEqual(['POST']);
      expect((await fetch(behind.url)).status).toBe(502);
      expect(seen).toEqual(['POST', 'GET', 'GET']);
    } finally {
      await behind.stop();
      rude.close();
    }
  });
});
