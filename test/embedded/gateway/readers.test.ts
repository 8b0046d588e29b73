import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Nginx, skipNginx, startNginx } from '../../support/nginx.ts';

/** A server that answers with its name, method and path. */
class Named {
  status = 200;
  readonly server: Server;

  constructor(name: string) {
    this.server = createServer((request, response) => {
      response.writeHead(this.status, { 'X-Answered-By': `${name} ${request.method} ${request.url}` }).end();
    });
  }

  async listen(): Promise<{ host: string; port: number }> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return { host: '127.0.0.1', port: (this.server.address() as AddressInfo).port };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

describe.skipIf(skipNginx)('a gateway with readers', () => {
  const [primary, reader] = [new Named('primary'), new Named('reader')];
  let nginx: Nginx;

  beforeAll(async () => {
    const [{ host, port }, place] = [await primary.listen(), await reader.listen()];
    nginx = await startNginx(`http://${host}:${port}`, { places: { readers: [place] } });
  });

  afterAll(async () => {
    await nginx?.stop();
    await primary.stop();
  });

  const answeredBy = async (method: string, path = '/') => {
    const { status, headers } = await fetch(nginx.url + path, { method });
    return `${status} ${headers.get('X-Answered-By')}`;
  };
  const serving = async () => (await fetch(`${nginx.status}/serving`)).status;

  it('sends them what only reads, as it was sent', async () => {
    expect(await answeredBy('GET', '/a?b=%2F%20c')).toBe('200 reader GET /a?b=%2F%20c');
    expect(await answeredBy('HEAD', '/rpc/f')).toBe('200 reader HEAD /rpc/f');
  });

  it.each(['POST', 'PATCH', 'PUT', 'DELETE'])('sends %s to the others', async (method) => {
    expect(await answeredBy(method, '/a')).toBe(`200 primary ${method} /a`);
  });

  it('tells whether the others serve, also where they refuse who has no token', async () => {
    for (const [status, answer] of [
      [200, 200],
      [401, 200],
      [404, 200],
      [503, 503],
    ] as const) {
      primary.status = status;
      expect(await serving()).toBe(answer);
    }
    primary.status = 200;
  });

  it('tells whether a reader serves, without the others that answer in its place', async () => {
    const readsServing = async () => (await fetch(`${nginx.status}/reads-serving`)).status;
    for (const [status, answer] of [
      [200, 200],
      [401, 200],
      [503, 503],
      [503, 503],
    ] as const) {
      reader.status = status;
      expect(await readsServing()).toBe(answer);
    }
    reader.status = 200;
    expect(await readsServing()).toBe(200);
  });

  it('asks the others where a reader has no database, and where it has ended', async () => {
    reader.status = 503;
    expect(await answeredBy('GET', '/a')).toBe('200 primary GET /a');
    await reader.stop();
    expect(await answeredBy('GET', '/a')).toBe('200 primary GET /a');
    expect(await serving()).toBe(200);
    for (let tries = 1; tries <= 3; tries += 1) expect((await fetch(`${nginx.status}/reads-serving`)).status).toBe(502);
  });
});
