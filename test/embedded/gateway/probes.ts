import type { RawHeader, RawHttp2Request } from '../../support/http2-frames.ts';

/** Function of the tests that answers with the headers that it gets, and one that answers with its body. */
export const [SEEN, SAID] = ['/rpc/seen', '/rpc/said'];

export interface Probe<Sent> {
  readonly name: string;
  readonly sent: Sent;
  /** Statuses that come back. */
  readonly answer: string;
  /** Requests that PostgREST answers. @default those that were answered with 200 */
  readonly reach?: number;
  /** nginx's version from which on it is so; the default image has a newer one. @default every version */
  readonly since?: string;
}

/** The request that is hidden in another one. */
export const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';

const CLOSE = 'Connection: close\r\n';
const JSON_HOST = 'Host: x\r\nContent-Type: application/json\r\n';
const post = (rest: string) => `POST ${SAID} HTTP/1.1\r\n${JSON_HOST}${CLOSE}${rest}`;
const lengthOf = (length: string) => post(`Content-Length: ${length}\r\n\r\n{}`);
const chunks = (text: string) => post(`Transfer-Encoding: chunked\r\n\r\n${text}`);
const encoding = (value: string) => post(`Transfer-Encoding: ${value}\r\n\r\n2\r\n{}\r\n0\r\n\r\n`);
const beside = (line: string) => post(`${line}\r\nContent-Length: 2\r\n\r\n{}`);
const get = (lines = '', host = 'x') => `GET ${SEEN} HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}${lines}\r\n`;
const first = (line: string) => `${line}\r\nHost: x\r\n${CLOSE}\r\n`;
const around = (line: string, body = HIDDEN) =>
  `${line} HTTP/1.1\r\n${JSON_HOST}${CLOSE}Content-Length: ${body.length}\r\n\r\n${body}`;

type Line = readonly [name: string, sent: string, answer: string, more?: Partial<Probe<string>>];
const probes = (lines: readonly Line[]): Probe<string>[] =>
  lines.map(([name, sent, answer, more]) => ({ name, sent, answer, ...more }));

/** Requests of HTTP/1.1 that two servers could read differently. */
export const FRAMING = probes([
  ['two lengths', post(`Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`), '400'],
  ['two equal lengths', post('Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}'), '400'],
  ['a length, then chunks', post(`Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`), '400'],
  ['chunks, then a length', post(`Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${HIDDEN}`), '400'],
  ['`Content-Length: -1`', lengthOf('-1'), '400'],
  ['`Content-Length: +2`', lengthOf('+2'), '400'],
  ['`Content-Length: 0x2`', lengthOf('0x2'), '400'],
  ['`Content-Length: 2, 2`', lengthOf('2, 2'), '400'],
  ['`Content-Length: 2.0`', lengthOf('2.0'), '400'],
  ['a length with NUL', lengthOf('2\0'), '400'],
  ['a length with a tab behind it', lengthOf('2\t'), '400'],
  ['a length above 64 bits', lengthOf('99999999999999999999'), '400'],
  ['an empty length', lengthOf(''), '400'],
  ['`Content-Length: 0002`', lengthOf('0002'), '200'],
  ['`Content_Length: 0` beside a length', beside('Content_Length: 0'), '200'],
  ['`Transfer-Encoding: identity`', encoding('identity'), '501'],
  ['`Transfer-Encoding: xchunked`', encoding('xchunked'), '501'],
  ['`Transfer-Encoding: "chunked"`', encoding('"chunked"'), '501'],
  ['`Transfer-Encoding: chunked;q=1`', encoding('chunked;q=1'), '501'],
  ['`Transfer-Encoding: chunked, chunked`', encoding('chunked, chunked'), '501'],
  ['`Transfer-Encoding: gzip, chunked`', encoding('gzip, chunked'), '501'],
  ['two encodings', encoding('chunked\r\nTransfer-Encoding: identity'), '400'],
  ['an encoding with a vertical tab', encoding('\tchunked\t\x0b'), '501'],
  ['`Transfer-Encoding: CHUNKED`', encoding('CHUNKED'), '200'],
  ['an encoding on a folded line', post(`Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${HIDDEN}`), '400'],
  ['an encoding in HTTP/1.0', encoding('chunked').replace('HTTP/1.1', 'HTTP/1.0'), '400'],
  ['`Transfer-Encoding : chunked` beside a length', beside('Transfer-Encoding : chunked'), '400'],
  ['an encoding with NUL in its name', beside('Transfer-Encoding\0: chunked'), '400'],
  ['an encoding behind a folded line', beside('X: a\r\n Transfer-Encoding: chunked'), '400'],
  ['an encoding behind a bare CR', beside('X: a\rTransfer-Encoding: chunked'), '400'],
  ['an encoding behind a bare LF', beside('X: a\nTransfer-Encoding: chunked'), '400'],
  ['`Transfer_Encoding: chunked` beside a length', beside('Transfer_Encoding: chunked'), '200'],
  ['a chunk size `x`', chunks('x\r\n{}\r\n0\r\n\r\n'), '400'],
  ['a chunk size `0x2`', chunks('0x2\r\n{}\r\n0\r\n\r\n'), '400'],
  ['a chunk size `-2`', chunks('-2\r\n{}\r\n0\r\n\r\n'), '400'],
  ['a chunk size behind a space', chunks(' 2\r\n{}\r\n0\r\n\r\n'), '400'],
  ['a chunk size above 64 bits', chunks('ffffffffffffffff0\r\n{}\r\n0\r\n\r\n'), '400'],
  ['a chunk without its CRLF', chunks('2\r\n{}0\r\n\r\n'), '400'],
  ['a chunk longer than its size', chunks('2\r\n{}xxxx\r\n0\r\n\r\n'), '400'],
  ['a chunk extension that ends with CR', chunks('2;\r{}\r\n0\r\n\r\n'), '400'],
  ['a chunk extension that ends with LF', chunks('2;\n{}\r\n0\r\n\r\n'), '400', { since: '1.27.4' }],
  ['chunks with LF instead of CRLF', chunks('2\n{}\n0\n\n'), '400', { since: '1.27.4' }],
  ['a chunk extension', chunks('2;a=b\r\n{}\r\n0;x\r\n\r\n'), '200'],
  ['a trailer `Content-Length`', chunks('2\r\n{}\r\n0\r\nContent-Length: 50\r\n\r\n'), '200'],
  ['a GET whose body is a request', around(`GET ${SEEN}`), '200'],
  ['a GET whose body is 20 KB and a request', around(`GET ${SEEN}`, 'x'.repeat(20_000) + HIDDEN), '200'],
  ['a HEAD whose body is a request', around(`HEAD ${SEEN}`), '200'],
  ['an OPTIONS whose body is a request', around('OPTIONS /notes'), '200'],
  ['a DELETE whose body is a request, without a token', around('DELETE /notes?id=eq.0'), '401', { reach: 1 }],
  ['a POST that is refused, whose body is a request', around('POST /notes'), '400', { reach: 1 }],
  ['`Expect: 100-continue`', beside('Expect: 100-continue'), '100 200', { reach: 1 }],
  [
    '`Expect: y 100-continue`, whose body is a request',
    around(`GET ${SEEN}`).replace(CLOSE, `${CLOSE}Expect: y 100-continue\r\n`),
    '200',
  ],
  ['two requests in one packet', get().replace(CLOSE, '') + get(), '200 200'],
  ['a request behind a body', beside('X: a').replace(CLOSE, '') + get(), '200 200'],
  ['a request behind the last chunk', chunks('2\r\n{}\r\n0\r\n\r\n').replace(CLOSE, '') + get(), '200 200'],
]);

/** First lines, hosts and header lines. */
export const HEADS = probes([
  ['a space in the path', first(`GET ${SEEN} x HTTP/1.1`), '400'],
  ['NUL in the path', first(`GET ${SEEN}\0 HTTP/1.1`), '400'],
  ['CR in the path', first(`GET ${SEEN}\r HTTP/1.1`), '400'],
  ['a tab in the path', first(`GET ${SEEN}\t HTTP/1.1`), '400'],
  ['a path without `/`', first('GET rpc/seen HTTP/1.1'), '400'],
  ['`OPTIONS *`', first('OPTIONS * HTTP/1.1'), '400'],
  ['`CONNECT x:80`', first('CONNECT x:80 HTTP/1.1'), '405', { since: '1.27.4' }],
  ['`TRACE`', first(`TRACE ${SEEN} HTTP/1.1`), '405'],
  ['`get`', first(`get ${SEEN} HTTP/1.1`), '400'],
  ['`http/1.1`', first(`GET ${SEEN} http/1.1`), '400'],
  ['`HTTP/2.0`', first(`GET ${SEEN} HTTP/2.0`), '505'],
  ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', '400'],
  ['`GET http://a@evil.test/rpc/seen`', first(`GET http://a@evil.test${SEEN} HTTP/1.1`), '400'],
  ['`GET http://evil.test/rpc/seen`', first(`GET http://evil.test${SEEN} HTTP/1.1`), '200'],
  ['no host', `GET ${SEEN} HTTP/1.1\r\n${CLOSE}\r\n`, '400'],
  ['two hosts', get('Host: y\r\n'), '400'],
  ['an empty host', get('', ''), '400'],
  ['a host `x, y`', get('', 'x, y'), '400'],
  ['a host `x/y`', get('', 'x/y'), '400'],
  ['a host `a@b`', get('', 'a@b'), '400', { since: '1.27.4' }],
  ['a host `a"b`', get('', 'a"b'), '400', { since: '1.27.4' }],
  ['a host `x:abc`', get('', 'x:abc'), '400', { since: '1.27.4' }],
  ['a header without a name', get(': a\r\n'), '400'],
  ['NUL in a header', get('X: a\0b\r\n'), '400'],
  ['lines that end with CR', `GET ${SEEN} HTTP/1.1\rHost: x\r\r`, '400'],
  ['`Upgrade: h2c`', get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'), '200'],
  ['`Upgrade: websocket`', get('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'), '200'],
]);

const GET: readonly RawHeader[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', SEEN],
  [':authority', 'x'],
];
const with2 = (...more: RawHeader[]): RawHttp2Request => ({ headers: [...GET, ...more] });
const changed = (name: string, value: string): RawHttp2Request => ({
  headers: GET.map(([header, text]) => [header, header === name ? value : text]),
});
const without = (name: string): RawHttp2Request => ({ headers: GET.filter(([header]) => header !== name) });
const post2 = (body: string, ...more: RawHeader[]): RawHttp2Request => ({
  headers: [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':path', SAID],
    [':authority', 'x'],
    ['content-type', 'application/json'],
    ...more,
  ],
  body,
});

type Line2 = readonly [name: string, sent: RawHttp2Request, answer: string, more?: Partial<Probe<RawHttp2Request>>];

/** Requests of HTTP/2 that would be others in HTTP/1.1. */
export const HTTP2: readonly Probe<RawHttp2Request>[] = (
  [
    ['a body longer than its length', post2(`{}${HIDDEN}`, ['content-length', '2']), '400'],
    ['a body shorter than its length', post2('{}', ['content-length', '50']), '400'],
    ['two lengths', post2('{}', ['content-length', '2'], ['content-length', '0']), '400'],
    ['a length, and no body', with2(['content-length', '5']), '400'],
    [
      '`transfer-encoding: chunked`, and a body of a chunk and a request',
      post2(`0\r\n\r\n${HIDDEN}`, ['transfer-encoding', 'chunked']),
      '400',
      { reach: 1 },
    ],
    ['CRLF and a request in a header', with2(['x', `a\r\n\r\n${HIDDEN}`]), '400'],
    ['LF in a header', with2(['x', 'a\nx-forwarded-for: 6.6.6.6']), '400'],
    ['CR in a header', with2(['x', 'a\rb']), '400'],
    ['NUL in a header', with2(['x', 'a\0b']), '400'],
    ['CRLF in a name', with2(['x: a\r\ny', 'b']), '400'],
    ['a colon in a name', with2(['x:y', 'b']), '400'],
    ['a space in a name', with2(['transfer-encoding ', 'chunked']), '400'],
    ['capitals in a name', with2(['X-Upper', 'b']), '400'],
    ['a path with ` HTTP/1.1`', changed(':path', `${SEEN} HTTP/1.1`), '400'],
    ['a path with CRLF', changed(':path', `${SEEN} HTTP/1.1\r\nx: y`), '400'],
    ['a path with NUL', changed(':path', `${SEEN}\0`), '400'],
    ['a path with `%00`', changed(':path', `${SEEN}%00`), '400'],
    ['a path with a host', changed(':path', `http://evil.test${SEEN}`), '400'],
    ['a path without `/`', changed(':path', 'rpc/seen'), '400'],
    ['an empty path', changed(':path', ''), '400'],
    ['no path', without(':path'), '400'],
    ['two paths', with2([':path', '/hidden']), '400'],
    ['a method with ` / HTTP/1.1`', changed(':method', 'GET / HTTP/1.1'), '400'],
    ['a method with CRLF', changed(':method', 'GET /hidden HTTP/1.1\r\nx:'), '400'],
    ['`CONNECT`', changed(':method', 'CONNECT'), '405'],
    [
      '`CONNECT` with `:protocol`',
      { headers: [[':method', 'CONNECT'], [':protocol', 'websocket'], ...GET.slice(1)] },
      '400',
    ],
    ['a scheme `http://x/?`', changed(':scheme', 'http://x/?'), '400'],
    ['no host', without(':authority'), '400'],
    ['two hosts', with2(['host', 'evil.test']), '400'],
    ['a host with CRLF', changed(':authority', 'x\r\ny: z'), '400'],
    ['a host `x/y`', changed(':authority', 'x/y'), '400'],
    ['`connection: upgrade`', with2(['connection', 'upgrade'], ['upgrade', 'h2c']), '200'],
    ['two `authorization`', with2(['authorization', 'Bearer a'], ['authorization', 'Bearer b']), '400'],
  ] as readonly Line2[]
).map(([name, sent, answer, more]) => ({ name, sent, answer, ...more }));
