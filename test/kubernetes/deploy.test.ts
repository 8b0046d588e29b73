import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encryptToken, keysInDirectory, readKeys, signToken } from '../../tokens/index.ts';
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
import { REDIRECT } from '../support/token-service.ts';
import { filesBelow, findSecrets, watchArguments } from '../support/secret-search.ts';

/** How many requests are sent at least with new connections while something changes, and the pause between two of a client. */
const [REQUESTS, PAUSE_MS] = FULL_TESTS ? [20_000, 0] : [200, 100];
/** The same pause where the pods shall have much to do. */
const BUSY_PAUSE_MS = FULL_TESTS ? 0 : 20;
/** Each change in a deploy of its own with `FULL_TESTS=1`, otherwise all of them in one; with what they are called. */
const together = <Name extends string>(...names: Name[]): [title: string, names: Name[]][] =>
  FULL_TESTS ? names.map((name) => [name, [name]]) : [[names.join(' and '), names]];
/** Versions before and after a change, as far as this machine has them. */
const [BEFORE, AFTER] = hasImages(postgrest14Image, postgrest16Image)
  ? [postgrest14Image, postgrest16Image]
  : [postgrestImage, postgrestImage];
const NAME = 'clustered';
/** The token service's address, behind the same gateway. */
const ISSUER = `https://${NAME}.${NAME}.svc/sign-in`;

type Api = Parameters<ClusteredDeployment['set']>[0];

let clustered: ClusteredDeployment;
let client: GatewayClient;
let api: Api = {
  image: BEFORE,
  gateway: { tokenService: true, tokenOpener: { image: tokenServiceImage, memory: 128 } },
};
const tokenService = { image: tokenServiceImage, clients: [{ id: 'web', redirectUris: [REDIRECT] }], trustProxy: true };
/** What may be nowhere but in the secrets directory and in Secrets. */
const secrets: Record<string, string> = {};

beforeAll(async () => {
  const images = [...new Set([BEFORE, AFTER, nginxImage, tokenServiceImage])];
  const declaration = notes(NAME, { tokens: { encryption: 'accepted', issuer: ISSUER } });
  clustered = await ClusteredDeployment.start(declaration, postgres18Image, images);
  clustered.set(api, { tokenService });
});

afterAll(() => clustered?.stop());

const deploy = () => clustered.deployment.deploy();

function change(more: Api): Promise<unknown> {
  api = { ...api, ...more };
  clustered.set(api, { tokenService });
  return deploy();
}

/** The outcomes of requests while something is done: of new connections, and of those that are kept. */
async function during(
  what: string,
  work: Promise<unknown>,
  pauseMs = PAUSE_MS,
): Promise<{ fresh: Outcomes; kept: Outcomes }> {
  const [fresh, kept] = await Promise.all([
    client.during(work, REQUESTS, pauseMs, { kept: 0, fresh: 4 }),
    client.during(work, REQUESTS / 10, Math.max(pauseMs, 20), { kept: 3, fresh: 0 }),
  ]);
  console.info(`while ${what}: new connections ${JSON.stringify(fresh)}, kept ones ${JSON.stringify(kept)}`);
  return { fresh, kept };
}

/** Does something under load; every request must succeed. */
async function withoutFailure(what: string, work: Promise<unknown>, pauseMs = PAUSE_MS): Promise<void> {
  const { fresh, kept } = await during(what, work, pauseMs);
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
      readonly initContainerStatuses?: readonly { readonly restartCount: number }[];
    };
  }[];
}

/** Pods that are not about to end. */
async function pods(component = 'api') {
  const { items } = JSON.parse(
    await clustered.kubectl('get', 'pods', `--selector=app.kubernetes.io/component=${component}`, '--output=json'),
  ) as Pods;
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** Name and restarts of each pod: others after a restart. */
const running = async () =>
  [...(await pods()), ...(await pods('token-service'))]
    .map(({ metadata, status }) => [
      metadata.name,
      ...[...(status.initContainerStatuses ?? []), ...status.containerStatuses].map(({ restartCount }) => restartCount),
    ])
    .sort();

/** The same by what their pods are made from: a cluster may put a pod in the place of another one at any time. */
const replicaSets = async () =>
  (await running()).map(([pod, ...restarts]) => [String(pod).replace(/-[^-]+$/, ''), ...restarts].join(' '));

const isReady = ({ status }: Pods['items'][number]) =>
  status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');

const untilReady = (count: number) =>
  withPoll(async () => {
    const all = await pods();
    if (all.length !== count || !all.every(isReady)) throw new Error(`${all.length} pods, not ${count} that are ready`);
  });

/** Waits until the nodes send requests to no pod that is gone: a node that was cut off knows it late. */
const untilServed = () =>
  withPoll(async () => {
    const outcomes = await client.during(Promise.resolve(), 100, 0, { kept: 0, fresh: 4 });
    const kinds = Object.keys(outcomes);
    if (kinds.join() !== '200') throw new Error(`answers: ${JSON.stringify(outcomes)}`);
  });

async function run(...args: string[]): Promise<void> {
  const { status, output } = await clustered.deployment.command(args);
  expect(status, output).toBe(0);
}

/** Ids of the keys that the token service publishes, the one that signs first. */
async function publishedKeys(): Promise<string[]> {
  const { keys } = JSON.parse((await client.ask('/sign-in/jwks')).body) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
}

const signingKeys = () => join(clustered.deployment.secrets, 'keys');
const encryptionKeys = () => join(clustered.deployment.secrets, 'encryption-keys');
const keyInUse = () => readKeys(keysInDirectory(encryptionKeys(), { use: 'enc' }))[0]!;
const userToken = () => clustered.deployment.tokenFor(`${NAME}_user`, { user_id: 1 }, { issuer: ISSUER });

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
    const place = { host: await clustered.address(), servername: clustered.serviceName };
    client = new GatewayClient(443, clustered.postgres.authority.certificate, place);
    client.expected = '[{"body":"mine"}]';
    client.token = await userToken();
    expect(await client.ask()).toMatchObject({ status: 200, body: client.expected });
    client.token = await encryptToken(await userToken(), keyInUse());
    expect(await client.ask()).toMatchObject({ status: 200, body: client.expected });
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
    const { items } = JSON.parse(await clustered.kubectl('get', 'secrets', '--output=json')) as {
      items: { data: Record<string, string> }[];
    };
    const inSecrets = items.flatMap(({ data }) => Object.values(data)).map((text) => Buffer.from(text, 'base64'));
    expect(findSecrets(secrets, { Secrets: inSecrets.join('\n') }).length).toBeGreaterThan(2);
  });

  it('lets nothing through but what the API needs', async () => {
    const [pod] = await pods();
    const [service] = await pods('token-service');
    const from = (port: number, { podIP } = pod!.status) =>
      `curl --silent --insecure --max-time 3 --output /dev/null https://${podIP}:${port}/; echo $?`;
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
    const reached = async (port: number, status = pod!.status) =>
      (await clustered.kubectl('exec', 'other', '--', 'sh', '-c', from(port, status))).trim();
    expect(await reached(8443)).toBe('0');
    // curl: no answer in time, or no connection. A busy network plugin closes a new pod's ports some time after its start.
    const closed = (read: () => Promise<string>) =>
      expect.poll(read, { timeout: 60_000, interval: 500 }).toMatch(/^(7|28)$/);
    for (const port of [3000, 3001, 8070, 8081]) await closed(() => reached(port));
    for (const port of [8090, 8443]) await closed(() => reached(port, service!.status));
    const outward = async (address: string) => {
      const request = `curl --silent --insecure --max-time 3 --output /dev/null ${address}; echo $?`;
      const inGateway = ['exec', pod!.metadata.name, '--container=gateway', '--', 'sh', '-c', request];
      return (await clustered.kubectl(...inGateway)).trim();
    };
    const { hostAddress, addresses } = clustered.cluster;
    // curl: Postgres takes no HTTP, but is there.
    expect(await outward(`http://${hostAddress}:5432/`)).toBe('52');
    for (const address of [`https://${addresses.apiService}/`, `http://${hostAddress}:22/`])
      await closed(() => outward(address));
    await clustered.kubectl('delete', 'pod', 'other', '--now');
  });
});

describe('a change under load', () => {
  it.each(together('signing keys', 'encryption keys'))('of the %s reaches running pods', async (what, kinds) => {
    const isSigned = kinds.includes('signing keys');
    const isEncrypted = kinds.includes('encryption keys');
    const before = await running();
    const newToken = async () => (isEncrypted ? encryptToken(await userToken(), keyInUse()) : userToken());
    const keys = async (step: string) => {
      if (isSigned) await run('keys', step, '--directory', signingKeys());
      if (isEncrypted) await run('keys', step, '--use', 'enc', '--directory', encryptionKeys());
    };
    client.token = await newToken();
    await keys('generate');
    await withoutFailure(`${what} are added`, deploy());
    await keys('rotate');
    const next = await withPoll(async () => {
      const [first, second] = await publishedKeys();
      if (isSigned && second === undefined) throw new Error('the token service has not read the new key');
      return isSigned ? second : first;
    });
    await withoutFailure(`${what} are rotated`, deploy());
    expect((await publishedKeys())[0]).toBe(next);
    client.token = await newToken();
    expect((await client.ask()).status).toBe(200);
    expect(await running()).toEqual(before);
  });

  it.each(together("the database's password and certificate", "the gateway's certificate"))(
    'of %s',
    async (what, kinds) => {
      client.token = await userToken();
      const [{ serial }] = [await client.ask()];
      if (kinds.includes("the database's password and certificate")) {
        await run('password', 'rotate', '--directory', clustered.deployment.secrets);
        const both = clustered.postgres.authority.certificate + certificateAuthority('the next one').certificate;
        writeFileSync(join(clustered.deployment.directory, 'authority.pem'), both);
      }
      const isRenewed = kinds.includes("the gateway's certificate");
      if (isRenewed) clustered.renewCertificate();
      await withoutFailure(`${what} change`, deploy());
      remember();
      expect((await client.ask()).serial === serial).toBe(!isRenewed);
      expect(await clustered.deployment.pending()).toEqual([]);
    },
  );

  it.each(together('the memory', 'the version of PostgREST'))('of %s', async (what, kinds) => {
    const more = {
      ...(kinds.includes('the memory') && { memory: 288 }),
      ...(kinds.includes('the version of PostgREST') && { image: AFTER }),
    };
    await withoutFailure(`${what} changes from ${BEFORE} to ${JSON.stringify(more)}`, change(more));
    expect(await clustered.deployment.pending()).toEqual([]);
  });
});

describe('the number of pods', () => {
  it('follows the load, and falls again', async () => {
    const replicas = { min: 2, max: 4, targetCpus: 0.06, scaleDownSeconds: 5 };
    await change({ replicas });
    await withoutFailure('pods are added under load', untilReady(4), BUSY_PAUSE_MS);
    const idle = client.during(untilReady(2), 0, 500, { kept: 1, fresh: 1 });
    console.info(`while pods are taken away: ${JSON.stringify(await idle)}`);
    expect(Object.keys(await idle)).toEqual(['200']);
    expect(await clustered.deployment.pending()).toEqual([]);
    await change({ replicas: {} });
  });
});

/** Requests that did not get the right answer, of which none may have got a wrong one. */
function failures({ fresh, kept }: { fresh: Outcomes; kept: Outcomes }): number {
  const all = [...Object.entries(fresh), ...Object.entries(kept)];
  expect(all.map(([outcome]) => outcome)).not.toContain('wrong answer');
  expect(all.some(([outcome]) => outcome === '200')).toBe(true);
  return all.filter(([outcome]) => outcome !== '200').reduce((sum, [, count]) => sum + count, 0);
}

describe('without a wrong answer', () => {
  it('a PostgREST is killed, and is back', async () => {
    const [, node] = clustered.cluster.nodes;
    const killed = async () => {
      await node!.run('pkill', '-KILL', 'postgrest');
      await delay(3000);
      await untilReady(2);
    };
    failures(await during('a PostgREST is killed', killed()));
  });

  it('a pod is deleted at once, and another one takes its place', async () => {
    const [pod] = await pods();
    const deleted = async () => {
      await clustered.kubectl('delete', 'pod', pod!.metadata.name, '--grace-period=0', '--force');
      await untilReady(2);
    };
    failures(await during('a pod is deleted at once', deleted()));
  });

  it('a node is drained, without a failed request', async () => {
    const drained = async () => {
      const options = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=180s'];
      await clustered.kubectl('drain', 'node-2', ...options);
      await untilReady(2);
    };
    await withoutFailure('a node is drained', drained());
    expect(new Set((await pods()).map(({ spec }) => spec.nodeName))).toEqual(new Set(['node-1']));
    await clustered.kubectl('uncordon', 'node-2');
    await clustered.kubectl('delete', 'pods', '--selector=app.kubernetes.io/component=api', '--wait=false');
    await untilReady(2);
  });

  it('a node is cut off, and its pods move', async () => {
    const [, node] = clustered.cluster.nodes;
    const moved = async () => {
      await node!.cutOff();
      await withPoll(async () => {
        const ready = (await pods()).filter((pod) => isReady(pod) && pod.spec.nodeName === 'node-1');
        if (ready.length < 2) throw new Error(`${ready.length} pods on the other node`);
      });
    };
    failures(await during('a node is cut off', moved()));
    await node!.reconnect();
    await clustered.cluster.kubectl('wait', '--for=condition=Ready', 'node/node-2', '--timeout=120s');
  });

  it('the API server is away, without a failed request; a deploy says so', async () => {
    await untilReady(2);
    // Without the API, the proxies keep the endpoints that they have.
    await untilServed();
    await clustered.cluster.api.stop();
    try {
      const { status, output } = await clustered.deployment.tryDeploy();
      expect([status === 0, output]).toEqual([false, expect.stringMatching(/connect: connection refused/)]);
      await withoutFailure('the API server is away', delay(5000));
    } finally {
      await clustered.cluster.api.start();
    }
    // The controllers find it again after a while: then they replace a pod.
    const [pod] = await pods();
    await clustered.kubectl('delete', 'pod', pod!.metadata.name);
    await untilReady(2);
  });
});

/** The answer to another token than the client's. */
async function statusFor(token: string): Promise<number> {
  const own = client.token;
  client.token = token;
  try {
    return (await client.ask()).status;
  } finally {
    client.token = own;
  }
}

describe('an image that does not start', () => {
  it('leaves the pods from before, which reject a revoked key, and fails this deploy and the next', async () => {
    const before = await replicaSets();
    const good = api.image!;
    api = { ...api, image: `${good.replace(/:.*/, '')}-missing:${good.replace(/.*:/, '')}`, rolloutSeconds: 20 };
    clustered.set(api, { tokenService });
    const [, stolen] = readKeys(keysInDirectory(signingKeys()));
    const token = await signToken(stolen!, { role: `${NAME}_user`, claims: { user_id: 1 }, issuer: ISSUER });
    expect(await statusFor(token)).toBe(200);
    await run('keys', 'revoke', '--kid', stolen!.kid, '--force', '--directory', signingKeys());
    for (const which of ['this', 'the next']) {
      const attempt = clustered.deployment.tryDeploy();
      await withoutFailure(`an image cannot be pulled, ${which} deploy`, attempt);
      const { status, output } = await attempt;
      expect(status).not.toBe(0);
      expect(output).toMatch(/container api is waiting, (ErrImagePull|ImagePullBackOff)/);
      expect(output).toContain('[server_not_ready]');
      // A key that is taken away does not wait for new pods.
      expect(await statusFor(token)).toBe(401);
    }
    const kept = async () => (await replicaSets()).filter((pod) => before.includes(pod));
    await expect.poll(kept).toEqual(before);
    await withoutFailure('the change is taken back', change({ image: good, rolloutSeconds: 120 }));
    await untilReady(2);
  });
});

const skipCopies = /:v?12\.0\./.test(AFTER) && process.env['REQUIRE_DEPLOY_TESTS'] !== '1';
if (skipCopies)
  console.info('copies of a database are not tested: they need PostgREST 14 or 16, which this machine does not have');

describe.skipIf(skipCopies)('a copy of the database', () => {
  const bodies = async () => JSON.parse((await client.ask('/notes?select=body&order=id')).body) as { body: string }[];

  it('answers what only reads, and the database itself the rest', async () => {
    const replica = await clustered.postgres.startReplica(5433);
    await withoutFailure('reads move to a copy', change({ readReplicas: [replica] }));
    await clustered.postgres.sql('SELECT pg_wal_replay_pause()', { port: replica.port });
    expect((await client.ask('/notes', false, { user_id: 1, body: 'later' })).status).toBe(201);
    expect(await bodies()).toEqual([{ body: 'mine' }]);
    await clustered.postgres.sql('SELECT pg_wal_replay_resume()', { port: replica.port });
    await expect.poll(bodies).toEqual([{ body: 'mine' }, { body: 'later' }]);
    const listening = `SELECT count(*)::int FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND datname = '${NAME}'`;
    // Pods from before the change end their connections a while after it.
    await expect.poll(() => clustered.postgres.sql(listening)).toEqual([{ count: 4 }]);
    expect(await clustered.postgres.sql(listening, { port: replica.port })).toEqual([{ count: 0 }]);
  });

  it('is lost without a wrong answer', async () => {
    const both = (await client.ask()).body;
    client.expected = both;
    const lost = async () => {
      await delay(500);
      clustered.postgres.killReplica();
      await delay(5000);
    };
    const failed = failures(await during('a copy of the database is lost', lost()));
    console.info(`without its copy, the database itself answers: ${failed} requests failed meanwhile`);
    expect(await client.ask()).toMatchObject({ status: 200, body: both });
  });
});

describe('a destroy', () => {
  it('leaves nothing in the cluster', async () => {
    await clustered.deployment.destroy();
    const namespaces = await clustered.cluster.kubectl('get', 'namespaces', '--output=name');
    expect(namespaces).not.toContain(NAME);
    const all = 'deployments,services,secrets,pods,networkpolicies,poddisruptionbudgets,horizontalpodautoscalers';
    const selector = '--selector=app.kubernetes.io/managed-by=secured-postgrest';
    expect(await clustered.cluster.kubectl('get', all, '--all-namespaces', selector, '--output=name')).toBe('');
  });
});
