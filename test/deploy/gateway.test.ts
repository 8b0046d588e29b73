import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority } from '../support/certificates.ts';
import { deployedPlaces } from '../support/deployed-places.ts';
import { changes, Deployment, docker, engineObjects, freePort, runningServers } from '../support/deployment.ts';
import { FULL_TESTS } from '../support/fuzz.ts';
import { GatewayClient } from '../support/gateway-client.ts';
import {
  curlImage,
  hasImages,
  nginxImage,
  postgrest14Image,
  postgrest16Image,
  postgrestImage,
} from '../support/images.ts';
import { notes } from '../support/notes.ts';
import { findSecrets } from '../support/secret-search.ts';

const NO_CHANGES = { 'gated-database': 'no changes', 'gated-access': 'no changes', 'gated-api': 'no changes' };
/** The clients of these tests are quicker than one token may be. */
const RATES = { requestsPerSecondPerAddress: 100_000, requestsPerSecondPerToken: 100_000 };
/** How many requests clients send at least while something changes. */
const REQUESTS = FULL_TESTS ? 20_000 : 1000;
/** Between two requests of a client. */
const PAUSE_MS = FULL_TESTS ? 0 : 50;
/** Versions before and after a change, as far as this machine has them. */
const [BEFORE, AFTER] = hasImages(postgrest14Image, postgrest16Image)
  ? [postgrest14Image, postgrest16Image]
  : [postgrestImage, postgrestImage];
const ADDRESS = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
const authority = certificateAuthority('authority of a test');

let gated: Deployment;
let client: GatewayClient;
let port: number;
let options: Record<string, unknown>;
const secrets: Record<string, string> = {};

beforeAll(async () => {
  gated = await Deployment.declaring(notes('gated'), { API_SERVERS: '1', POSTGREST_IMAGE: BEFORE });
  const [statusPort, redirectPort] = [await freePort(), await freePort()];
  port = await freePort();
  client = new GatewayClient(port, authority.certificate);
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
  // A server has the port at first, as before an upgrade to a gateway.
  gated.env['API_PORT'] = String(port);
  await gated.deploy();
  expect(servers()).toEqual(['gated-api-1']);
  set({});
  await gated.deploy();
  client.token = await gated.tokenFor('gated_user', { user_id: 1 });
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
  gated.env['GATEWAY_OPTIONS'] = JSON.stringify({ ...options, ...more });
}

async function run(...args: string[]): Promise<void> {
  const { status, output } = await gated.command(args);
  expect(status, output).toBe(0);
}

/** Deploys under load; every request must succeed. */
async function deployUnderLoad(change: string): Promise<void> {
  const outcomes = await client.during(gated.deploy(), REQUESTS, PAUSE_MS);
  console.info(`while ${change}: ${JSON.stringify(outcomes)}`);
  expect(Object.keys(outcomes)).toEqual(['200']);
}

/** Name and address of each server that runs. */
const servers = () => runningServers('gated').map((server) => server.split(' ')[0]!.slice(1));
/** Addresses of the servers that answered the last requests. */
const answering = (lines: number) =>
  new Set(
    [...docker('logs', '--tail', String(lines), 'gated-gateway').matchAll(/"server":"([^"]+)"/g)].map(
      ([, server]) => server,
    ),
  );
const started = () => docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', 'gated-gateway');

describe('a deployed gateway', () => {
  it('is the address of the API', async () => {
    expect(await client.ask()).toMatchObject({ status: 200, body: '[{"body":"mine"}]' });
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

  it('takes a renewed certificate, another password of the servers and another key without a failed request or a restart', async () => {
    const [{ serial }, running] = [await client.ask(), started()];
    const keys = ['--directory', join(gated.secrets, 'keys')];
    renew();
    await run('keys', 'generate', ...keys);
    await run('password', 'rotate', '--directory', gated.secrets);
    await deployUnderLoad('certificate, password and keys change');
    expect((await client.ask()).serial).not.toBe(serial);
    await run('keys', 'rotate', ...keys);
    await deployUnderLoad('the key in use changes');
    client.token = await gated.tokenFor('gated_user', { user_id: 1 });
    expect((await client.ask()).status).toBe(200);
    expect(started()).toBe(running);
    expect(changes(await gated.deploy())).toEqual(NO_CHANGES);
  });

  it('takes another limit likewise', async () => {
    const running = started();
    const long = `/notes?select=body&${'&'.repeat(1500)}`;
    expect((await client.ask(long)).status).toBe(200);
    set({ limits: { ...RATES, urlBytes: 1024 } });
    await deployUnderLoad('a limit changes');
    expect((await client.ask(long)).status).toBe(414);
    expect(started()).toBe(running);
  });

  it('has new servers answer before old ones end', async () => {
    const [running, before] = [started(), servers()];
    const setting = () => gated.declare(notes('gated', { server: { maxRows: 10 } }));
    const three = () => (gated.env['API_SERVERS'] = '3');
    const two = () => (gated.env['API_SERVERS'] = '2');
    const version = () => (gated.env['POSTGREST_IMAGE'] = AFTER);
    // Each change alone with `FULL_TESTS=1`, otherwise two at a time.
    setting();
    if (FULL_TESTS) await deployUnderLoad('a setting changes');
    three();
    await deployUnderLoad('one server becomes three');
    expect(servers()).toHaveLength(3);
    expect(servers()).not.toContain(before[0]);
    await client.during(delay(500));
    expect(answering(30).size).toBe(3);
    two();
    if (FULL_TESTS) await deployUnderLoad('three servers become two');
    version();
    await deployUnderLoad('the version changes');
    expect(servers()).toHaveLength(2);
    expect(started()).toBe(running);
    expect(changes(await gated.deploy())).toEqual(NO_CHANGES);
  });

  it('keeps the servers that answer until others do', async () => {
    const before = servers();
    // It ends at once.
    gated.env['POSTGREST_IMAGE'] = curlImage;
    for (const pause of [PAUSE_MS, 1000]) {
      const failed = gated.tryDeploy();
      const outcomes = await client.during(failed, pause === PAUSE_MS ? REQUESTS : 0, pause);
      console.info(`while servers do not get ready: ${JSON.stringify(outcomes)}`);
      expect(Object.keys(outcomes)).toEqual(['200']);
      const { status, output } = await failed;
      expect(status).not.toBe(0);
      expect(output).toContain('[server_not_ready]');
      expect(servers()).toEqual(expect.arrayContaining(before));
    }
    gated.env['POSTGREST_IMAGE'] = AFTER;
    await deployUnderLoad('a failed change is taken back');
    expect(servers()).toHaveLength(2);
    expect(changes(await gated.deploy())).toEqual(NO_CHANGES);
  });

  it('does without a server that has stopped, and finds it under another address', async () => {
    const [server = ''] = servers();
    const address = () => docker('inspect', '--format', ADDRESS, server);
    const before = address();
    docker('stop', '--time', '1', server);
    // Requests that were on their way to it fail; the others are answered.
    const { 200: served = 0, 502: closed = 0, 504: late = 0, ...others } = await client.during(delay(1500));
    console.info(`while a server was away: ${served} served, ${closed + late} failed`);
    expect(others).toEqual({});
    expect(served).toBeGreaterThan(closed + late);
    await expect.poll(async () => Object.keys(await client.during(delay(500)))).toEqual(['200']);
    // Takes the address that has become free, and those below it.
    const squatters: string[] = [];
    const squatter = ['--detach', '--network', 'gated', '--entrypoint', 'sleep', nginxImage, '300'];
    try {
      while (!squatters.some((id) => docker('inspect', '--format', ADDRESS, id) === before)) {
        squatters.push(docker('run', ...squatter));
      }
      docker('start', server);
      expect(address()).not.toBe(before);
      await expect
        .poll(
          async () => {
            await client.ask();
            return docker('logs', '--tail', '5', 'gated-gateway');
          },
          { timeout: 30_000 },
        )
        .toContain(`"server":"${address()}:3000","serverStatus":"200"`);
      expect(Object.keys(await client.during(delay(1500)))).toEqual(['200']);
    } finally {
      docker('rm', '--force', ...squatters);
    }
  });

  it('has its key in no other place than the volume', async () => {
    const places = await deployedPlaces(gated, ['renewed.pem', '/.secrets/']);
    expect(Object.keys(places)).toContain('docker logs gated-gateway');
    expect(findSecrets({ ...secrets, token: client.token }, places)).toEqual([]);
  });

  it('leaves nothing behind when it is destroyed', async () => {
    await gated.destroy();
    for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'gated')).toEqual([]);
  });
});
