import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority } from '../support/certificates.ts';
import { deployedPlaces } from '../support/deployed-places.ts';
import { changes, Deployment, docker, engineObjects, freePort } from '../support/deployment.ts';
import { nginxImage } from '../support/images.ts';
import { notes } from '../support/notes.ts';
import { findSecrets } from '../support/secret-search.ts';

const NO_CHANGES = { 'gated-database': 'no changes', 'gated-access': 'no changes', 'gated-api': 'no changes' };
/** The clients of these tests are quicker than one token may be. */
const RATES = { requestsPerSecondPerAddress: 100_000, requestsPerSecondPerToken: 100_000 };
const authority = certificateAuthority('authority of a test');

let gated: Deployment;
let port: number;
let token: string;
let options: Record<string, unknown>;
const secrets: Record<string, string> = {};

beforeAll(async () => {
  gated = await Deployment.declaring(notes('gated'), { API_SERVERS: '2' });
  const [statusPort, redirectPort] = [await freePort(), await freePort()];
  port = await freePort();
  const certificateFile = join(gated.directory, 'renewed.pem');
  renew();
  options = {
    image: nginxImage,
    port,
    statusPort,
    redirectPort,
    certificate: { certificateFile, keyFile: certificateFile },
    limits: RATES,
  };
  set({});
  await gated.deploy();
  token = await gated.tokenFor('gated_user', { user_id: 1 });
});

afterAll(() => gated?.remove());

/** Has a new certificate with a new key lie where the last one did. */
function renew(): void {
  const pem = authority.issue('127.0.0.1');
  secrets[`key ${Object.keys(secrets).length}`] = pem
    .split('\n')
    .find((_, n, lines) => lines[n - 1]?.includes('PRIVATE'))!;
  writeFileSync(join(gated.directory, 'renewed.pem'), pem, { mode: 0o600 });
}

function set(more: Record<string, unknown>): void {
  gated.env['GATEWAY'] = JSON.stringify({ ...options, ...more });
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly serial: string;
}

function ask(path = '/notes?select=body', agent: Agent | false = false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}` };
    const sent = request({ host: '127.0.0.1', port, path, ca: authority.certificate, agent, headers }, (response) => {
      const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
      let body = '';
      response.setEncoding('utf8').on('data', (data: string) => (body += data));
      response.on('end', () => resolve({ status: response.statusCode!, body, serial }));
    });
    sent.on('error', reject).end();
  });
}

/** The outcomes of requests, with connections that are kept and with new ones, while something is done. */
async function during(work: Promise<unknown>): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 3 });
  const outcomes: Record<string, number> = {};
  let done = false;
  const client = async (kept: Agent | false) => {
    while (!done) {
      const outcome = await ask(undefined, kept).then(
        ({ status }) => String(status),
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      );
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  const clients = [client(agent), client(agent), client(agent), client(false)];
  await work.finally(() => (done = true));
  await Promise.all(clients);
  agent.destroy();
  return outcomes;
}

const started = () => docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', 'gated-gateway');

describe('a deployed gateway', () => {
  it('is the one address of both servers', async () => {
    expect(await ask()).toMatchObject({ status: 200, body: '[{"body":"mine"}]' });
    for (let n = 0; n < 10; n++) await ask();
    const servers = new Set(
      [...docker('logs', 'gated-gateway').matchAll(/"server":"([^"]+)"/g)].map(([, server]) => server),
    );
    expect(servers.size).toBe(2);
  });

  it('is healthy, and has its figures on this machine', async () => {
    expect(docker('inspect', '--format', '{{.State.Health.Status}}', 'gated-gateway')).toBe('healthy');
    const metrics = await fetch(`http://127.0.0.1:${options['statusPort'] as number}/metrics`);
    expect(await metrics.text()).toMatch(/^Active connections/);
  });

  it('redirects plain HTTP', async () => {
    const { status, headers } = await fetch(`http://127.0.0.1:${options['redirectPort'] as number}/notes`, {
      redirect: 'manual',
    });
    expect([status, headers.get('location')]).toEqual([308, `https://127.0.0.1:${port}/notes`]);
  });

  it('is deployed again without changes', async () => {
    expect(changes(await gated.deploy())).toEqual(NO_CHANGES);
  });

  it('takes a renewed certificate without a failed request or a restart', async () => {
    const [before, running] = [(await ask()).serial, started()];
    renew();
    const outcomes = await during(gated.deploy());
    console.info(`while a certificate was renewed: ${JSON.stringify(outcomes)}`);
    expect(Object.keys(outcomes)).toEqual(['200']);
    expect((await ask()).serial).not.toBe(before);
    expect(started()).toBe(running);
    expect(changes(await gated.deploy())).toEqual(NO_CHANGES);
  });

  it('takes another limit likewise', async () => {
    const running = started();
    const long = `/notes?select=body&${'&'.repeat(1500)}`;
    expect((await ask(long)).status).toBe(200);
    set({ limits: { ...RATES, urlBytes: 1024 } });
    expect(Object.keys(await during(gated.deploy()))).toEqual(['200']);
    expect((await ask(long)).status).toBe(414);
    expect(started()).toBe(running);
  });

  it('does without a server that has stopped, and finds it under another address', async () => {
    const address = () =>
      docker('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', 'gated-api-1');
    const before = address();
    docker('stop', '--time', '1', 'gated-api-1');
    // Requests that were on their way to it fail; the others are answered.
    const { 200: served = 0, 502: closed = 0, 504: late = 0, ...others } = await during(delay(1500));
    console.info(`while a server was away: ${served} served, ${closed + late} failed`);
    expect(others).toEqual({});
    expect(served).toBeGreaterThan(closed + late);
    await expect.poll(async () => Object.keys(await during(delay(500)))).toEqual(['200']);
    // Takes the address that has become free.
    const squatter = ['--name', 'gated-squatter', '--network', 'gated', '--entrypoint', 'sleep', nginxImage, '300'];
    docker('run', '--detach', ...squatter);
    try {
      docker('start', 'gated-api-1');
      expect(address()).not.toBe(before);
      await expect
        .poll(
          async () => {
            await ask();
            return docker('logs', '--tail', '5', 'gated-gateway');
          },
          { timeout: 30_000 },
        )
        .toContain(`"server":"${address()}:3000","serverStatus":"200"`);
      expect(Object.keys(await during(delay(1500)))).toEqual(['200']);
    } finally {
      docker('rm', '--force', 'gated-squatter');
    }
  });

  it('has its key in no other place than the volume', async () => {
    const places = await deployedPlaces(gated, ['renewed.pem', '/.secrets/']);
    expect(Object.keys(places)).toContain('docker logs gated-gateway');
    expect(findSecrets({ ...secrets, token }, places)).toEqual([]);
  });

  it('leaves nothing behind when it is destroyed', async () => {
    await gated.destroy();
    for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'gated')).toEqual([]);
  });
});
