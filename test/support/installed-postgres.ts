import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalConnection } from '../../testing/servers/postgres-server.ts';
import { withClient } from '../../postgres/with-client.ts';
import { freePort } from './deployment.ts';

/** Where Debian's packages lie. */
const DEBIAN = '/usr/lib/postgresql';

/** Directory of a PostgreSQL that packages of this system brought, with server and client programs of one version. */
export const installedPostgres: string | undefined = [
  ...(process.env['PATH'] ?? '').split(delimiter),
  ...(existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : []),
].find((directory) => ['initdb', 'postgres', 'pg_dump'].every((program) => existsSync(join(directory, program))));

/** A running server of {@link installedPostgres}. */
export interface InstalledPostgres {
  /** The superuser, and a database that is empty at first. */
  readonly admin: LocalConnection;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root. */
const NOBODY = 65534;

/** Starts a server that does nothing by itself: no transaction begins in it but those of its clients. */
export async function startInstalledPostgres(programs: string): Promise<InstalledPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'installed-postgres-'));
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, password);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const path of [directory, passwordFile]) chownSync(path, NOBODY, NOBODY);
  const options = { cwd: directory, ...(isRoot && { uid: NOBODY, gid: NOBODY }) };
  const data = join(directory, 'data');
  const init = ['--pgdata', data, '--username=postgres', '--pwfile', passwordFile, '--auth=scram-sha-256', '--no-sync'];
  execFileSync(join(programs, 'initdb'), [...init, '--locale=C', '--encoding=UTF8'], { ...options, stdio: 'ignore' });
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'fsync=off',
    'autovacuum=off',
  ];
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const child = spawn(join(programs, 'postgres'), args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text: Buffer) => (log += text.toString()));
  const ended = once(child, 'exit');
  const admin = { host: '127.0.0.1', port, database: 'postgres', user: 'postgres', password };
  while (!(await answers(admin))) {
    if (child.exitCode !== null) throw new Error(`postgres ended: ${log}`);
    await delay(50);
  }
  return {
    admin,
    async stop() {
      child.kill('SIGINT');
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

async function answers(admin: LocalConnection): Promise<boolean> {
  return withClient(admin, () => Promise.resolve(true)).catch(() => false);
}
