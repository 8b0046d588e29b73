import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get as getPlain, type IncomingMessage, type Server } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newServerCertificate } from '../../../constructs/secrets/server-certificate.ts';
import { isSince } from '../../../gateway/nginx-version.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { nginxVersion, skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';

const authority = certificateAuthority('authority of a test');
const ca = authority.certificate;

let server: Server;
let api: string;
let gateway: Nginx;
/** The last certificate that it was given. */
let renewed = '';

describe.skipIf(skipNginx)('TLS', () => {
  beforeAll(async () => {
    server = createServer((request, response) => response.end(JSON.stringify(request.headers))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    gateway = await startNginx(api, { pem: authority.issue('127.0.0.1', 'localhost') });
  });

  afterAll(async () => {
    await gateway?.stop();
    server.close();
  });

  const get = (path: string, options: object = {}, url = gateway.url) =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string; serial: string }>(
      (resolve, reject) => {
        const sent = request(url + path, { ca, agent: false, ...options }, (response) => {
          let body = '';
          const socket = response.socket as TLSSocket;
          const serial = socket.getPeerCertificate().serialNumber;
          response.setEncoding('utf8').on('data', (data: string) => (body += data));
          response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body, serial }));
        });
        sent.on('error', reject).end();
      },
    );

  /** The version that was agreed on, or the reason why none was. */
  const agreed = (options: ConnectionOptions) =>
    new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: gateway.port, ca, ...options }, () => {
        resolve(socket.getProtocol()!);
        socket.destroy();
      });
      socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'closed'));
    });

  it('serves the certificate, and browsers are to insist on it', async () => {
    const { status, headers, body } = await get('/items');
    expect([status, headers['strict-transport-security']]).toEqual([200, 'max-age=31536000']);
    expect(JSON.parse(body)).toMatchObject({ 'x-forwarded-proto': 'https' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    expect(await agreed({ minVersion: version, maxVersion: version })).toBe(version);
  });

  it.each([
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['ciphers without forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:AES256-SHA@SECLEVEL=0' }],
    ['CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384@SECLEVEL=0' }],
    ['no authentication', { maxVersion: 'TLSv1.2', ciphers: 'aNULL@SECLEVEL=0' }],
  ] as const)('refuses %s', async (_, options) => {
    expect(await agreed(options)).not.toMatch(/^TLSv/);
  });

  it('speaks HTTP/2', async () => {
    const client = connectHttp2(gateway.url, { ca });
    const stream = client.request({ ':path': '/items' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(200);
    expect(client.alpnProtocol).toBe('h2');
    client.destroy();
  });

  it('a long address is rejected over HTTP/2 as well', async () => {
    const client = connectHttp2(gateway.url, { ca });
    const stream = client.request({ ':path': `/${'a'.repeat(3000)}` });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(414);
    client.destroy();
  });

  describe('plain HTTP', () => {
    const plain = (path: string, headers: Record<string, string> = {}) =>
      fetch(`http://127.0.0.1:${gateway.redirectPort}${path}`, { redirect: 'manual', headers });

    it('is redirected', async () => {
      const { status, headers } = await plain('/items?a=b');
      expect([status, headers.get('location')]).toEqual([308, `${gateway.url}/items?a=b`]);
    });

    it('with a token is rejected, so that nobody overlooks that it was sent in the clear', async () => {
      const response = await plain('/items', { Authorization: 'Bearer x' });
      expect([response.status, await response.json()]).toEqual([403, expect.objectContaining({ code: 'GATEWAY403' })]);
    });

    it('at the port of TLS is rejected', async () => {
      const response = await fetch(`http://127.0.0.1:${gateway.port}/items`);
      expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ code: 'GATEWAY400' })]);
    });
  });

  it('a renewed certificate is taken without a request that fails', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const statuses: Record<string, number> = {};
    let done = false;
    const ask = async (options: object) => {
      while (!done) {
        const outcome = await get('/items', options).then(
          ({ status }) => String(status),
          (error: NodeJS.ErrnoException) => error.code ?? error.message,
        );
        statuses[outcome] = (statuses[outcome] ?? 0) + 1;
      }
    };
    // Before, nginx closes idle connections without asking whether a request is on its way.
    const keepsConnections = isSince('1.27.4', nginxVersion);
    const clients = [...(keepsConnections ? [ask({ agent }), ask({ agent })] : []), ask({ agent: false })];
    for (const requests of [10, 20, 30]) {
      renewed = authority.issue('127.0.0.1');
      await gateway.reload({ pem: renewed });
      await expect.poll(() => statuses['200']).toBeGreaterThan(requests);
    }
    done = true;
    await Promise.all(clients);
    agent.destroy();
    // A worker that ends may still have accepted a connection.
    await expect.poll(async () => (await get('/items')).serial).toBe(new X509Certificate(renewed).serialNumber);
    expect(Object.keys(statuses)).toEqual(['200']);
  });

  it('a configuration that nginx rejects leaves the one before', async () => {
    void gateway.reload({ pem: 'no certificate' });
    await expect.poll(() => gateway.logs()).toContain('no start line');
    expect((await get('/items')).serial).toBe(new X509Certificate(renewed).serialNumber);
  });

  it('browsers need not insist on a certificate that signed itself', async () => {
    const own = await startNginx(api, { pem: newServerCertificate(['127.0.0.1']), places: { isSelfSigned: true } });
    try {
      const { headers } = await get('/items', { rejectUnauthorized: false }, own.url);
      expect(headers).not.toHaveProperty('strict-transport-security');
    } finally {
      await own.stop();
    }
  });

  it('requests for other hosts are rejected where hosts are listed', async () => {
    const named = await startNginx(api, { input: { hosts: ['api.test'] } });
    try {
      const response = await fetch(named.url);
      expect([response.status, await response.json()]).toEqual([421, expect.objectContaining({ code: 'GATEWAY421' })]);
      const [answer] = (await once(getPlain(named.url, { headers: { Host: 'api.test' } }), 'response')) as [
        IncomingMessage,
      ];
      expect(answer.resume().statusCode).toBe(200);
    } finally {
      await named.stop();
    }
  });
});

describe.skipIf(skipNginx)('proxies in front', () => {
  it('are believed where they are trusted, and only they', async () => {
    const echo = createServer((request, response) => response.end(JSON.stringify(request.headers))).listen(
      0,
      '127.0.0.1',
    );
    await once(echo, 'listening');
    const behind = await startNginx(`http://127.0.0.1:${(echo.address() as AddressInfo).port}`, {
      input: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] },
    });
    try {
      const headers = { 'X-Forwarded-For': '6.6.6.6, 192.0.2.7, 10.1.2.3', 'X-Forwarded-Proto': 'https' };
      expect(await (await fetch(behind.url, { headers })).json()).toMatchObject({
        'x-forwarded-for': '192.0.2.7',
        'x-forwarded-proto': 'https',
      });
    } finally {
      await behind.stop();
      echo.close();
    }
  });
});
