import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSince } from '../../../gateway/nginx-version.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { tableUnder } from '../../support/docs/markdown.ts';
import { rawHttp2 } from '../../support/http2-frames.ts';
import { nginxVersion, skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';
import { notes } from '../../support/notes.ts';
import { rawRequest, statuses } from '../../support/raw-request.ts';
import { startRecorder, type Recorder } from '../../support/recorder.ts';
import { FRAMING, HEADS, HTTP2, SAID, SEEN, type Probe } from './probes.ts';

const PAGE = 'docs/gateway-attacks.md';
const ROLES = ['smuggled_user', 'smuggled_anon'];

let api: EphemeralPostgrest;
/** Between nginx and PostgREST. */
let wire: Recorder;
let gateway: Nginx;
let encrypted: Nginx;

const declaration = notes('smuggled', {
  functions: [
    { name: 'seen', execute: ROLES },
    { name: 'said', execute: ROLES },
  ],
});
const functions = {
  file: 'migrations/002_functions.sql',
  sql: `CREATE FUNCTION api.seen() RETURNS json STABLE LANGUAGE sql AS $$ SELECT current_setting('request.headers')::json $$;
CREATE FUNCTION api.said(json) RETURNS json STABLE LANGUAGE sql AS 'SELECT $1';`,
};

describe.skipIf(skipNginx)('request smuggling', () => {
  beforeAll(async () => {
    api = await startEphemeralPostgrest({ ...declaration, migrations: [...declaration.migrations, functions] });
    wire = await startRecorder(api.url);
    gateway = await startNginx(wire.url);
    encrypted = await startNginx(wire.url, { pem: certificateAuthority('authority of a test').issue('127.0.0.1') });
  });

  afterAll(async () => {
    await encrypted?.stop();
    await gateway?.stop();
    wire?.stop();
    await api?.stop();
  });

  beforeEach(() => wire.forget());

  const present = <T>(probes: readonly Probe<T>[]) =>
    probes.filter(({ since }) => since === undefined || isSince(since, nginxVersion));
  const reach = ({ answer, reach }: Probe<unknown>) =>
    reach ?? answer.split(' ').filter((status) => status === '200').length;

  /** Others get their own answers, over the connections that a probe has left behind. */
  async function othersGetTheirOwn(): Promise<void> {
    for (let n = 0; n < 3; n++) {
      const id = randomUUID();
      expect(await (await fetch(gateway.url + SEEN, { headers: { 'X-Id': id } })).json()).toMatchObject({ 'x-id': id });
    }
  }

  describe.each([
    ['Framing', FRAMING],
    ['First lines, hosts and headers', HEADS],
  ] as const)('%s', (heading, probes) => {
    it(`is in ${PAGE}, with each answer`, () => {
      expect(tableUnder(PAGE, heading)).toEqual(
        probes.map((probe) => [probe.name, probe.answer, String(reach(probe))]),
      );
    });

    it.each(present(probes))('$name: $answer, and no second request or answer', async (probe) => {
      const answer = await rawRequest(gateway.port, probe.sent);
      expect(statuses(answer).join(' ')).toBe(probe.answer);
      expect(wire.answers()).toHaveLength(reach(probe));
      expect(wire.sent()).not.toMatch(/^(transfer.encoding|upgrade|http2-settings|expect):/im);
      await othersGetTheirOwn();
    });
  });

  describe('HTTP/2', () => {
    it(`is in ${PAGE}, with each answer`, () => {
      expect(tableUnder(PAGE, 'HTTP/2')).toEqual(
        HTTP2.map((probe) => [probe.name, probe.answer, String(reach(probe))]),
      );
    });

    it.each(present(HTTP2))('$name: $answer, and no second request or answer', async (probe) => {
      const answer = await rawHttp2(encrypted.port, probe.sent);
      // Before, nginx resets some of these streams without an answer.
      expect(answer === 'reset' && !isSince('1.27.4', nginxVersion) ? '400' : answer).toBe(probe.answer);
      expect(wire.answers()).toHaveLength(reach(probe));
      expect(wire.sent()).not.toMatch(/^(transfer.encoding|upgrade):|6\.6\.6\.6/im);
      await othersGetTheirOwn();
    });

    it('a request is answered, with and without a body', async () => {
      const [get, post] = ['GET', 'POST'].map(
        (method) =>
          [
            [':method', method],
            [':scheme', 'https'],
            [':path', method === 'GET' ? SEEN : SAID],
            [':authority', 'x'],
            ['content-type', 'application/json'],
          ] as const,
      );
      expect(await rawHttp2(encrypted.port, { headers: get! })).toBe('200');
      expect(await rawHttp2(encrypted.port, { headers: post!, body: '{}' })).toBe('200');
    });
  });

  it('chunks reach a server as one body of a known length', async () => {
    const body = '3\r\n{"a\r\n4;ext=1\r\n":1}\r\n0\r\nTrailer: x\r\n\r\n';
    const head = `POST ${SAID} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    const answer = await rawRequest(gateway.port, `${head}Transfer-Encoding: chunked\r\n\r\n${body}`);
    expect(statuses(answer)).toEqual([200]);
    expect(wire.sent()).toMatch(/content-length: 7\r\n/i);
    expect(wire.sent().endsWith('\r\n\r\n{"a":1}')).toBe(true);
    expect(wire.sent()).not.toMatch(/transfer-encoding|trailer/i);
  });

  it('a host in the first line is not passed on as part of the path', async () => {
    await rawRequest(gateway.port, `GET http://evil.test${SEEN}?a=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(wire.requests()).toEqual([`GET ${SEEN}?a=b HTTP/1.1`]);
  });

  it('a client cannot have the gateway drop a header by naming it in Connection', async () => {
    const token = await api.tokenFor('smuggled_user', { user_id: 1 });
    const lines = ['Authorization', 'X-Forwarded-For'].map((name) => `Connection: close, ${name}\r\n`).join('');
    const answer = await rawRequest(
      gateway.port,
      `GET /notes?select=body HTTP/1.1\r\nHost: x\r\n${lines}Authorization: Bearer ${token}\r\n\r\n`,
    );
    expect(answer).toContain('[{"body":"mine"}]');
    expect(wire.sent()).toMatch(/^x-forwarded-for: 127\.0\.0\.1\r$/im);
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
