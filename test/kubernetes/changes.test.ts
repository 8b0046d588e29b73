import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encryptToken, keysInDirectory, readKeys } from '../../tokens/index.ts';
import { ClusteredDeployment } from '../support/clustered/clustered-deployment.ts';
import { withPoll } from '../support/clustered/with-poll.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { FULL_TESTS } from '../support/fuzz.ts';
import { GatewayClient, type Outcomes } from '../support/gateway-client.ts';
import {
  hasImages,
  nginxImage,
  postgres18Image,
  postgrest14Image,
  postgrest16Image,
  postgrestImage,
  tokenServiceImage,
} from '../support/images.ts';
import { notes } from '../support/notes.ts';
import { filesBelow, findSecrets, watchArguments } from '../support/secret-search.ts';

/** How many requests are sent at least with new connections while something changes, and the pause between two of a client. */
const [REQUESTS, PAUSE_MS] = FULL_TESTS ? [20_000, 0] : [500, 20];
/** Versions before and after a change, as far as this machine has them. */
const [BEFORE, AFTER] = hasImages(postgrest14Image, postgrest16Image)
  ? [postgrest14Image, postgrest16Image]
  : [postgrestImage, postgrestImage];
const NAME = 'clustered';

type Api = Parameters<ClusteredDeployment['set']>[0];

let clustered: ClusteredDeployment;
let client: GatewayClient;
let api: Api = { image: BEFORE, gateway: { tokenOpener: { image: tokenServiceImage, memory: 128 } } };
/** What may be nowhere but in the secrets directory and in Secrets. */
const secrets: Record<string, string> = {};

beforeAll(async () => {
  const images = [...new Set([BEFORE, AFTER, nginxImage, tokenServiceImage])];
  const declaration = notes(NAME, { tokens: { encryption: 'accepted' } });
  clustered = await ClusteredDeployment.start(declaration, postgres18Image, images);
  clustered.set(api);
});

afterAll(() => clustered?.stop());

const deploy = () => clustered.deployment.deploy();

function change(more: Api): Promise<unknown> {
  api = { ...api, ...more };
  clustered.set(api);
  return deploy();
}

/** The outcomes of requests while something is done: of new connections, and of those that are kept. */
async function during(what: string, work: Promise<unknown>): Promise<{ fresh: Outcomes; kept: Outcomes }> {
  const [fresh, kept] = await Promise.all([
    client.during(work, REQUESTS, PAUSE_MS, { kept: 0, fresh: 4 }),
    client.during(work, REQUESTS / 10, 20, { kept: 3, fresh: 0 }),
  ]);
  console.info(`while ${what}: new connections ${JSON.stringify(fresh)}, kept ones ${JSON.stringify(kept)}`);
  return { fresh, kept };
}

/** Does something under load; every request must succeed. */
async function withoutFailure(what: string, work: Promise<unknown>): Promise<void> {
  const { fresh, kept } = await during(what, work);
  expect(Object.keys(fresh)).toEqual(['200']);
  expect(Object.keys(kept)).toEqual(['200']);
}

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly spec: { readonly nodeName: string };
    readonly status: {
      readonly podIP: string;
      readonly conditions: readonly { readonly type: string; readonly status: string }[];
      readonly containerStatuses: readonly { readonly restartCount: number }[];
      readonly initContainerStatuses: readonly { readonly restartCount: number }[];
    };
  }[];
}

/** Pods of the API that are not about to end. */
async function pods() {
  const { items } = JSON.parse(
    await clustered.kubectl('get', 'pods', '--selector=app.kubernetes.io/component=api', '--output=json'),
  ) as Pods;
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** Name and restarts of each pod: others after a restart. */
const running = async () =>
  (await pods())
    .map(({ metadata, status }) => [
      metadata.name,
      ...[...status.initContainerStatuses, ...status.containerStatuses].map(({ restartCount }) => restartCount),
    ])
    .sort();

const isReady = ({ status }: Pods['items'][number]) =>
  status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');

const untilReady = (count: number) =>
  withPoll(async () => {
    const all = await pods();
    if (all.length !== count || !all.every(isReady)) throw new Error(`${all.length} pods, not ${count} that are ready`);
  });

async function run(...args: string[]): Promise<void> {
  const { status, output } = await clustered.deployment.command(args);
  expect(status, output).toBe(0);
}

const encryptionKeys = () => join(clustered.deployment.secrets, 'encryption-keys');
const keyInUse = () => readKeys(keysInDirectory(encryptionKeys(), { use: 'enc' }))[0]!;
const userToken = () => clustered.deployment.tokenFor(`${NAME}_user`, { user_id: 1 });

/** Remembers the secrets that there are now. */
function remember(): void {
  for (const [path, content] of Object.entries(filesBelow(clustered.deployment.secrets, []))) {
    const text = content.toString().trim();
    if (/password$/.test(path)) secrets[path] = text;
    const jwk = /"d": ?"([^"]+)"/.exec(text)?.[1];
    const pem = text.split('\n').find((_, n, lines) => lines[n - 1]?.includes('PRIVATE'));
    for (const key of [jwk, pem]) if (key !== undefined) secrets[`key in ${path}`] = key;
  }
}

describe('a deploy to a cluster', () => {
  let args: string;

  it('makes an API from nothing', async () => {
    const watched = watchArguments();
    const { output } = await deploy();
    args = watched.stop();
    expect(output).toContain(`url = "https://${NAME}.${NAME}.svc"`);
    const certificate = readFileSync(join(clustered.deployment.secrets, `${NAME}-certificate.pem`), 'utf8');
    const place = { host: await clustered.address(), servername: `${NAME}.${NAME}.svc` };
    client = new GatewayClient(443, certificate, place);
    client.token = await userToken();
    expect(await client.ask()).toMatchObject({ status: 200, body: '[{"body":"mine"}]' });
    client.token = await encryptToken(await userToken(), keyInUse());
    expect(await client.ask()).toMatchObject({ status: 200, body: '[{"body":"mine"}]' });
    expect(new Set((await pods()).map(({ spec }) => spec.nodeName)).size).toBe(2);
  });

  it('has nothing to do when it is repeated', async () => {
    expect(await clustered.deployment.pending()).toEqual([]);
  });

  it('has its secrets in no other place than the Secrets', async () => {
    remember();
    expect(Object.keys(secrets).length).toBeGreaterThan(2);
    const kinds = 'deployments,replicasets,pods,services,configmaps,networkpolicies,poddisruptionbudgets,events';
    const names = (await pods()).map(({ metadata }) => metadata.name);
    const logs = names.map((name) => clustered.kubectl('logs', name, '--all-containers'));
    const states = Object.fromEntries(clustered.deployment.states().map(({ file, text }) => [file, text]));
    expect(
      findSecrets(secrets, {
        ...states,
        ...filesBelow(join(clustered.deployment.directory, 'cdktf.out'), ['.terraform']),
        arguments: args,
        objects: await clustered.kubectl('get', kinds, '--output=yaml', '--show-managed-fields'),
        logs: (await Promise.all(logs)).join('\n'),
        'requests to the cluster': readFileSync(clustered.cluster.auditLog),
      }),
    ).toEqual([]);
    const inSecrets = await clustered.kubectl('get', 'secrets', '--output=yaml');
    expect(findSecrets(secrets, { Secrets: inSecrets }).length).toBeGreaterThan(2);
  });

  it('lets nothing through but what the API needs', async () => {
    const [pod] = await pods();
    const from = (port: number) =>
      `curl --silent --insecure --max-time 3 --output /dev/null https://${pod!.status.podIP}:${port}/; echo $?`;
    const manifest = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'other', namespace: NAME } },
      spec: {
        terminationGracePeriodSeconds: 0,
        securityContext: { runAsNonRoot: true, runAsUser: 101, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            ...{ name: 'other', image: nginxImage, imagePullPolicy: 'Never', command: ['sleep', '600'] },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    };
    await clustered.cluster.apply(JSON.stringify(manifest));
    await clustered.kubectl('wait', '--for=condition=Ready', 'pod/other', '--timeout=90s');
    const reached = async (port: number) =>
      (await clustered.kubectl('exec', 'other', '--', 'sh', '-c', from(port))).trim();
    expect(await reached(8443)).toBe('0');
    // curl: no answer in time, or no connection.
    for (const port of [3000, 3001, 8070, 8081]) expect(['7', '28']).toContain(await reached(port));
    const outward = (address: string) =>
      clustered.kubectl(
        ...['exec', pod!.metadata.name, '--container=gateway', '--', 'sh', '-c'],
        `curl --silent --insecure --max-time 3 --output /dev/null ${address}; echo $?`,
      );
    const { hostAddress, addresses } = clustered.cluster;
    // curl: Postgres takes no HTTP, but is there.
    expect((await outward(`http://${hostAddress}:5432/`)).trim()).toBe('52');
    expect((await outward(`https://${addresses.apiService}/`)).trim()).toBe('28');
    expect((await outward(`http://${hostAddress}:22/`)).trim()).toBe('28');
    await clustered.kubectl('delete', 'pod', 'other', '--now');
  });
});

describe('a change under load', () => {
  it('of the signing keys reaches running pods', async () => {
    const before = await running();
    const keys = ['--directory', join(clustered.deployment.secrets, 'keys')];
    await run('keys', 'generate', ...keys);
    await withoutFailure('a signing key is added', deploy());
    await run('keys', 'rotate', ...keys);
    await withoutFailure('signing keys are rotated', deploy());
    client.token = await userToken();
    expect((await client.ask()).status).toBe(200);
    expect(await running()).toEqual(before);
  });

  it('of the encryption keys reaches running pods', async () => {
    const before = await running();
    const keys = ['--use', 'enc', '--directory', encryptionKeys()];
    client.token = await encryptToken(await userToken(), keyInUse());
    await run('keys', 'generate', ...keys);
    await withoutFailure('an encryption key is added', deploy());
    await run('keys', 'rotate', ...keys);
    await withoutFailure('encryption keys are rotated', deploy());
    client.token = await encryptToken(await userToken(), keyInUse());
    expect((await client.ask()).status).toBe(200);
    expect(await running()).toEqual(before);
  });

  it("of the database's password and certificate", async () => {
    client.token = await userToken();
    await run('password', 'rotate', '--directory', clustered.deployment.secrets);
    const both = clustered.postgres.authority.certificate + certificateAuthority('the next one').certificate;
    writeFileSync(join(clustered.deployment.directory, 'authority.pem'), both);
    await withoutFailure("the database's password and certificate change", deploy());
    remember();
    expect(await clustered.deployment.pending()).toEqual([]);
  });

  it('of a setting', async () => {
    await withoutFailure('a setting changes', change({ memory: 288 }));
  });

  it('of the version of PostgREST', async () => {
    await withoutFailure(`PostgREST changes from ${BEFORE} to ${AFTER}`, change({ image: AFTER }));
    expect(await clustered.deployment.pending()).toEqual([]);
  });
});
