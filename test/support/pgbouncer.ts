import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalConnection } from '../../testing/servers/postgres-server.ts';
import { freePort } from './deployment.ts';

/** Skips tests where PgBouncer is not on the PATH, unless all tests are required. */
export const skipPgBouncer =
  process.env['REQUIRE_DEPLOY_TESTS'] !== '1' &&
  spawnSync('pgbouncer', ['--version'], { stdio: 'ignore' }).error !== undefined;

export interface PgBouncer {
  readonly port: number;
  stop(): Promise<void>;
}

/** PgBouncer refuses to run as root. */
const NOBODY = 65534;

/**
 * Runs PgBouncer in front of a server, for the users of some connections.
 *
 * @param settings of the section `pgbouncer`
 */
export async function startPgBouncer(
  users: readonly LocalConnection[],
  settings: Readonly<Record<string, string | number>>,
): Promise<PgBouncer> {
  const directory = mkdtempSync(join(tmpdir(), 'pgbouncer-'));
  const port = await freePort();
  const { host, port: target } = users[0]!;
  const write = (name: string, lines: readonly string[]) => writeFileSync(join(directory, name), lines.join('\n'));
  write(
    'users',
    users.map(({ user, password }) => `"${user}" "${password}"`),
  );
  const all = { auth_file: 'users', auth_type: 'scram-sha-256', listen_addr: host, listen_port: port, ...settings };
  write('pgbouncer.ini', [
    `[databases]\n* = host=${host} port=${target}`,
    // Terraform's provider sends it.
    `[pgbouncer]\nignore_startup_parameters = extra_float_digits\nunix_socket_dir =`,
    ...Object.entries(all).map(([name, value]) => `${name} = ${value}`),
  ]);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const file of ['', 'users', 'pgbouncer.ini']) chownSync(join(directory, file), NOBODY, NOBODY);
  const child = spawn('pgbouncer', ['pgbouncer.ini'], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  });
  let log = '';
  child.stderr.on('data', (data: Buffer) => (log += data.toString()));
  const ended = once(child, 'exit');
  while (!(await listens(host, port))) {
    if (child.exitCode !== null) throw new Error(`pgbouncer ended: ${log}`);
    await delay(20);
  }
  return {
    port,
    async stop() {
      child.kill('SIGQUIT');
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
