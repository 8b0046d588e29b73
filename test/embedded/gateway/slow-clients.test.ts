import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { tableUnder } from '../../support/docs/markdown.ts';
import { skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';
import { startRecorder, type Recorder } from '../../support/recorder.ts';
import { idleConnections, send, strained, type Shape } from '../../support/strain.ts';

const PAGE = 'docs/gateway-attacks.md';
const SECONDS = 1;
const TIMEOUTS = { headerSeconds: SECONDS, bodySeconds: SECONDS, sendSeconds: SECONDS, idleSeconds: SECONDS };
const PLAIN: Shape = { name: 'plain', path: '/lines?id=eq.7' };

let api: EphemeralPostgrest;
let wire: Recorder;
let gateway: Nginx;
let encrypted: Nginx;
let token: string;

const BODY_HEAD = 'POST /bulk HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n';

/** What slow clients do, and the limit that ends it. */
const CLIENTS: readonly (readonly [name: string, limit: string, begin: () => Socket])[] = [
  ['sends nothing', 'headerSeconds', () => plain('')],
  ['sends its headers byte by byte', 'headerSeconds', () => byteByByte('GET /lines HTTP/1.1\r\nX: '.padEnd(1000, 'x'))],
  ['begins no handshake of TLS', 'headerSeconds', () => connect({ host: '127.0.0.1', port: encrypted.port })],
  [
    'sends half of a handshake',
    'headerSeconds',
    () =>
      connect({ host: '127.0.0.1', port: encrypted.port }, function (this: Socket) {
        this.write('\x16\x03\x01\x02\0\x01', 'latin1');
      }),
  ],
  [
    'sends nothing over TLS',
    'headerSeconds',
    () => connectTls({ host: '127.0.0.1', port: encrypted.port, rejectUnauthorized: false }),
  ],
  ['sends no request over HTTP/2', 'headerSeconds', () => http2('')],
  ['sends half of the headers over HTTP/2', 'headerSeconds', () => http2('\0\0\x50\x01\x04\0\0\0\x01\x82')],
  ['stops in the body', 'bodySeconds', () => plain(`${BODY_HEAD}[`)],
  ['takes no part of a large answer', 'sendSeconds', () => unread()],
  ['sends no second request', 'idleSeconds', () => plain('GET /lines?id=eq.7 HTTP/1.1\r\nHost: x\r\n\r\n')],
];

function plain(text: string): Socket {
  const socket = connect({ host: '127.0.0.1', port: gateway.port });
  socket.write(text);
  return socket;
}

function byteByByte(text: string): Socket {
  const socket = plain('');
  const bytes = text[Symbol.iterator]();
  const next = setInterval(() => socket.write(bytes.next().value ?? 'x'), 20);
  return socket.on('close', () => clearInterval(next));
}

function http2(frames: string): Socket {
  const socket = connectTls({
    host: '127.0.0.1',
    port: encrypted.port,
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
  });
  return socket.once('secureConnect', () =>
    socket.write(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0${frames}`, 'latin1'),
  );
}

const WIDE = `/items?select=${Array.from({ length: 20 }, (_, n) => `a${n}:title`).join()}`;

function unread(): Socket {
  const socket = plain(`GET ${WIDE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return socket.pause();
}

/** Connections of clients, without the one that asks. */
const active = async () =>
  Number(
    /connections: (\d+)/.exec(
      await (await fetch(`${gateway.status}/metrics`, { headers: { Connection: 'close' } })).text(),
    )![1],
  ) - 1;

describe.skipIf(skipNginx)('slow clients', () => {
  beforeAll(async () => {
    api = await startEphemeralPostgrest(strained());
    wire = await startRecorder(api.url);
    gateway = await startNginx(wire.url, { input: { timeouts: TIMEOUTS } });
    encrypted = await startNginx(wire.url, {
      input: { timeouts: TIMEOUTS },
      pem: certificateAuthority('authority of a test').issue('127.0.0.1'),
    });
    token = await api.tokenFor('strain_user');
  });

  afterAll(async () => {
    await encrypted?.stop();
    await gateway?.stop();
    wire?.stop();
    await api?.stop();
  });

  beforeEach(() => wire.forget());

  it(`are in ${PAGE}`, () => {
    expect(tableUnder(PAGE, 'Slow clients')).toEqual(CLIENTS.map(([name, limit]) => [name, `\`timeouts.${limit}\``]));
  });

  it.each(CLIENTS)('a client that %s is disconnected within %s, and others are served', async (_, limit, begin) => {
    const start = performance.now();
    const socket = begin().on('error', () => undefined);
    expect(await send(gateway.url, PLAIN)).toBe('200');
    // A client that reads nothing does not see the end of the connection.
    if (limit === 'sendSeconds') await expect.poll(active).toBe(0);
    else await new Promise((resolve) => socket.resume().on('close', resolve));
    expect(performance.now() - start).toBeGreaterThan(SECONDS * 900);
    socket.destroy();
  });

  it('a body that arrives slowly reaches a server when it is complete', async () => {
    const body = '[{"id":1,"title":"slow"}]';
    const socket = plain(BODY_HEAD.replace('100', String(body.length)));
    for (const byte of body) {
      expect(wire.sent()).toBe('');
      socket.write(byte);
      await new Promise(setImmediate);
    }
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 201 /);
    expect(wire.requests()).toEqual(['POST /bulk HTTP/1.1']);
    socket.destroy();
  });

  it('others are served while 300 connections never finish their headers', async () => {
    const close = await idleConnections(gateway.port, 300);
    expect(await send(gateway.url, PLAIN, token)).toBe('200');
    await expect.poll(active).toBe(0);
    close();
  });

  it('clients that take no answer keep no connection to the database: more of them than it has', async () => {
    const sockets = Array.from({ length: 12 }, () => unread().on('error', () => undefined));
    await expect.poll(() => wire.answers().length).toBe(12);
    expect(await send(gateway.url, PLAIN, token)).toBe('200');
    sockets.forEach((socket) => socket.destroy());
  });
});
