import { randomUUID } from 'node:crypto';
import { Agent, get } from 'node:http';
import { compactDecrypt, type JWK } from 'jose';
import type { GatewayPlaces } from '../gateway/index.ts';
import { startOpener } from '../gateway/opener/start-opener.ts';
import { freePorts } from '../testing/servers/free-ports.ts';
import { encryptToken, generateDecryptionKey, signToken, type DecryptionKey } from '../tokens/index.ts';
import { ITEMS_OF_USER, ItemServers } from './item-servers.ts';
import { itemsDeclaration } from './items.ts';
import { timed } from './measure.ts';
import type { Figures, Outcome, Target } from './report.ts';
import { loadsInRounds } from './run-load.ts';
import { summarize } from './statistics.ts';

const TURNS = 1000;
const LIMIT_MS = 60_000;
const DOOR_LIMIT_MS = 0.3;
const OPENING_LIMIT_MS = 1;
/** Rates are no part of what is measured. */
const WIDE = {
  requestsPerSecondPerAddress: 1_000_000,
  requestsPerSecondPerToken: 1_000_000,
  connectionsPerAddress: 65_535,
};

const keys = {
  X25519: generateDecryptionKey('ECDH-ES+A256KW', 'X25519'),
  'P-256': generateDecryptionKey('ECDH-ES+A256KW', 'P-256'),
  'RSA-OAEP-256': generateDecryptionKey('RSA-OAEP-256'),
};

const BARE = 'one at a time: bare PostgREST';
const NGINX = 'one at a time: bare nginx';
const GATEWAY = 'one at a time: gateway';
const REMEMBERED = 'one at a time: gateway, an encrypted token that it has seen';
const fresh = (kind: string) => `one at a time: gateway, a new encrypted token, ${kind}`;
const floor = (kind: string) => `floor of a new token: jose decrypts it, ${kind}`;

const floors = Object.keys(keys).map(floor);

/** Measures the cost of the gateway and of an encrypted token for a request, against bare nginx and bare PostgREST. */
export async function benchGateway(figures: Figures): Promise<Outcome> {
  const { nginxObstacle, startNginx, startPlainNginx } = await import('../test/support/nginx.ts');
  if (nginxObstacle !== undefined) return { targets: [], skipped: nginxObstacle };
  await using items = await ItemServers.start();
  const serve = () => items.serve(items.settingsFor(itemsDeclaration));
  const [server, other] = [await serve(), await serve()];
  const running: { stop(): Promise<void> }[] = [];
  const door = async (urls: readonly string[], more: Partial<GatewayPlaces> = {}) => {
    const nginx = await startNginx(server, {
      input: { limits: WIDE },
      places: { servers: urls.map(address), ...more },
    });
    running.push(nginx);
    return nginx.url;
  };
  try {
    const [plain] = (await freePorts(1)) as [number];
    running.push(await startPlainNginx(plainConfiguration(plain, server), () => answers(plain)));
    const opener = await startOpener({
      encryption: 'accepted',
      readKeys: () => Object.values(keys),
      port: 0,
      log: () => undefined,
    });
    running.push(opener);
    const urls: Urls = {
      servers: [server, other],
      plain: `http://127.0.0.1:${plain}`,
      one: await door([server]),
      two: await door([server, other]),
      opening: await door([server], { opener: address(opener.url) }),
    };
    await compareTimes(figures, urls, items);
    await compareLoads(figures, urls, items.token);
    return { targets: targetsOf(figures) };
  } finally {
    for (const server of running.reverse()) await server.stop();
  }
}

function targetsOf(figures: Figures): Target[] {
  const median = (name: string) => figures.of(name).median;
  const target = (name: string, value: number, limit: number): Target => ({ name, value, limit, unit: 'ms' });
  return [
    target('gateway at the median of a request', median(GATEWAY) - median(BARE), DOOR_LIMIT_MS),
    target('an encrypted token that was seen before', median(REMEMBERED) - median(GATEWAY), OPENING_LIMIT_MS),
  ];
}

interface Urls {
  readonly servers: readonly [string, string];
  readonly plain: string;
  /** Gateways: in front of one server, of both, and of one with an opener. */
  readonly one: string;
  readonly two: string;
  readonly opening: string;
}

async function compareTimes(figures: Figures, urls: Urls, items: ItemServers): Promise<void> {
  const { servers, plain, one, opening } = urls;
  const { token } = items;
  const seen = await encryptToken(token, keys.X25519);
  const agent = new Agent({ keepAlive: true });
  const asked = (ask: Ask) => () => send(agent, ask);
  const prepareFor = (of: (kind: string) => string, task: (token: string, key: DecryptionKey) => Task) =>
    Object.fromEntries(
      Object.entries(keys).map(([kind, key]) => [of(kind), async () => task(await newToken(items, key), key)]),
    );
  await inTurn(figures, {
    [BARE]: () => asked({ url: servers[0], token }),
    [NGINX]: () => asked({ url: plain, token }),
    [GATEWAY]: () => asked({ url: one, token }),
    [REMEMBERED]: () => asked({ url: opening, token: seen }),
    ...prepareFor(fresh, (token) => asked({ url: opening, token })),
    ...prepareFor(floor, (token, key) => () => compactDecrypt(token, key as JWK)),
  });
  agent.destroy();
}

type Task = () => Promise<unknown>;

interface Ask {
  readonly url: string;
  readonly token: string;
}

/** Each has another id: none is remembered. */
async function newToken({ key }: ItemServers, encryptionKey: DecryptionKey): Promise<string> {
  const claims = { user_id: 7 };
  return encryptToken(await signToken(key, { role: 'bench_user', tokenId: randomUUID(), claims }), encryptionKey);
}

/** One task after the other, in turn, so that whatever else the machine does meets all of them. */
async function inTurn(figures: Figures, tasks: Readonly<Record<string, () => Task | Promise<Task>>>): Promise<void> {
  const times = new Map(Object.keys(tasks).map((name) => [name, [] as number[]]));
  const end = performance.now() + LIMIT_MS;
  for (let n = 0; n < TURNS && performance.now() < end; n++) {
    for (const [name, prepare] of Object.entries(tasks)) {
      const task = await prepare();
      const time = await timed(task);
      // Connections, plans and keys are there for all.
      if (n >= TURNS / 20) times.get(name)!.push(time);
    }
  }
  for (const [name, values] of times) {
    const against = [NGINX, GATEWAY].includes(name) ? BARE : [BARE, ...floors].includes(name) ? undefined : GATEWAY;
    figures.add(name, summarize(values), against === undefined ? {} : { against });
  }
}

function send(agent: Agent, { url, token }: Ask): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}` };
    const request = get(url + ITEMS_OF_USER, { agent, headers }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}`)),
      );
    });
    request.on('error', reject);
  });
}

async function compareLoads(figures: Figures, { servers, plain, one, two }: Urls, token: string): Promise<void> {
  const variant = (name: string, urls: readonly string[]) => ({ name, urls: urls.map((url) => url + ITEMS_OF_USER) });
  const loads = await loadsInRounds(
    [
      variant('1 server: bare PostgREST', servers.slice(0, 1)),
      variant('1 server: bare nginx', [plain]),
      variant('1 server: gateway', [one]),
      variant('2 servers: bare PostgREST', servers),
      variant('2 servers: gateway', [two]),
    ],
    token,
  );
  for (const [{ name }, measured] of loads) {
    const against = `${name.split(':')[0]}: bare PostgREST`;
    const values = summarize(measured.map(({ requestsPerSecond }) => requestsPerSecond));
    figures.add(name, values, { unit: 'requests/s', ...(name !== against && { against }) });
  }
}

function address(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** nginx with kept connections and nothing else. */
function plainConfiguration(port: number, server: string): string {
  return `daemon off;
pid {directory}/nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  upstream api {
    server ${new URL(server).host};
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass http://api;
    }
  }
}
`;
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}
