import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkGateway, gatewayConfiguration, type GatewayInput, type GatewayPlaces } from '../../gateway/index.ts';
import { freePort } from './deployment.ts';

/** The variable's nginx, or Debian's, which is not on the PATH of others than root. */
const PROGRAM =
  process.env['NGINX_BINARY'] ??
  ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find((path) => existsSync(path)) ??
  'nginx';

/** nginx's version; undefined where there is none. */
export const nginxVersion = /nginx\/([\d.]+)/.exec(spawnSync(PROGRAM, ['-v'], { encoding: 'utf8' }).stderr ?? '')?.[1];

/** Why tests with a real nginx cannot run here. */
export const nginxObstacle =
  nginxVersion === undefined ? "no nginx is on the PATH; install one, such as Debian's package nginx" : undefined;

/** Skips tests where there is no nginx, unless all tests are required. */
export const skipNginx = process.env['REQUIRE_DEPLOY_TESTS'] !== '1' && nginxObstacle !== undefined;
if (skipNginx) console.info(`the gateway is not tested: ${nginxObstacle}`);

export interface Nginx {
  /** Address of the door. */
  readonly url: string;
  readonly port: number;
  readonly redirectPort: number;
  /** Address of the status port. */
  readonly status: string;
  /** Lines of the access log. */
  requests(): Record<string, unknown>[];
  /** Text of both logs. */
  logs(): string;
  /** Writes another configuration or certificate, and ends when nginx serves with it. */
  reload(changes: Changes): Promise<void>;
  stop(): Promise<void>;
}

export interface Changes {
  readonly input?: GatewayInput;
  readonly places?: Partial<GatewayPlaces>;
  /** Key and certificate, PEM. @default plain HTTP */
  readonly pem?: string;
}

/** nginx drops no privileges unless it is root, which tests must not depend on. */
const NOBODY = 65534;

/** Runs nginx with a configuration of its own text, in which `{directory}` stands for a directory that it may write. */
export async function startPlainNginx(text: string, isReady: () => Promise<boolean>) {
  const directory = nobodysDirectory();
  const configuration = join(directory, 'nginx.conf');
  writeFileSync(configuration, text.replaceAll('{directory}', directory));
  const child = spawn(PROGRAM, ['-e', 'stderr', '-c', configuration], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...asNobody(),
  });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const ended = once(child, 'close');
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${errors}`);
    await delay(10);
  }
  return {
    directory,
    configuration,
    errors: () => errors,
    reload: () => child.kill('SIGHUP'),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

/** Runs the door in front of an address. */
export async function startNginx(api: string, { input, places, pem }: Changes = {}): Promise<Nginx> {
  const [port, statusPort, redirectPort] = [await freePort(), await freePort(), await freePort()];
  const { hostname, port: apiPort } = new URL(api);
  const make = (more: Changes) =>
    gatewayConfiguration(checkGateway('gateway', more.input), {
      nginxVersion: nginxVersion!,
      servers: [{ host: hostname, port: Number(apiPort) }],
      corsAllowedOrigins: [],
      listenAddress: '127.0.0.1',
      port,
      statusPort,
      temporary: '{directory}',
      accessLog: '{directory}/access.log',
      errorLog: 'stderr',
      ...(more.pem !== undefined && {
        certificate: '{directory}/certificate.pem',
        redirect: { port: redirectPort, to: port },
        fingerprint: more.pem,
      }),
      ...more.places,
    });
  const status = `http://127.0.0.1:${statusPort}`;
  const serves = async (fingerprint: string) =>
    fetch(`${status}/configuration`, { headers: { Connection: 'close' } })
      .then(async (response) => (await response.text()) === fingerprint)
      .catch(() => false);

  const { text, fingerprint } = make({ input: input ?? {}, places: places ?? {}, ...(pem !== undefined && { pem }) });
  const directory = nobodysDirectory();
  const write = (name: string, content: string) => {
    writeFileSync(join(directory, name), content.replaceAll('{directory}', directory));
    chmodSync(join(directory, name), 0o644);
  };
  if (pem !== undefined) write('certificate.pem', pem);
  const inDirectory = text.replaceAll('{directory}', directory);
  const nginx = await startPlainNginx(inDirectory, () => serves(fingerprint)).catch((error: unknown) => {
    rmSync(directory, { recursive: true });
    throw error;
  });
  let stopped = false;
  const accessLog = () => readFileSync(join(directory, 'access.log'), 'utf8');
  return {
    url: `${pem === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    redirectPort,
    status,
    requests: () =>
      accessLog()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    logs: () => accessLog() + nginx.errors(),
    async reload(changes) {
      const next = make({ input: input ?? {}, places: places ?? {}, ...(pem !== undefined && { pem }), ...changes });
      if (changes.pem !== undefined) write('certificate.pem', changes.pem);
      writeFileSync(nginx.configuration, next.text.replaceAll('{directory}', directory));
      nginx.reload();
      while (!stopped && !(await serves(next.fingerprint))) await delay(10);
    },
    async stop() {
      stopped = true;
      await nginx.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

function nobodysDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'nginx-'));
  if (isRoot()) chownSync(directory, NOBODY, NOBODY);
  return directory;
}

const isRoot = () => process.getuid?.() === 0;
const asNobody = () => (isRoot() ? { uid: NOBODY, gid: NOBODY } : {});
