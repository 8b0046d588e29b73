import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { baseDirectory } from '../testing/servers/base-directory.ts';
import { freePorts } from '../testing/servers/free-ports.ts';
import { postgresBinaries } from '../testing/servers/postgres-binaries.ts';
import { postgrestBinary } from '../testing/servers/postgrest-binary.ts';
import { idleAccount } from '../testing/servers/server-user.ts';
import { timed } from './measure.ts';

/** Milliseconds of the bare programs, without this package. */
export interface FloorTimes {
  readonly initdb: number;
  readonly postgres: number;
  readonly clone: number;
  readonly postgrest: number;
}

/** Runs each program once: initdb, a server, a copy of a database, PostgREST on the copy. */
export async function measureFloor(): Promise<FloorTimes> {
  const user = idleAccount();
  const { initdb, postgres } = await postgresBinaries(user);
  const { path: postgrest } = await postgrestBinary();
  const directory = mkdtempSync(join(baseDirectory(), 'bench-floor-'));
  if (user) chownSync(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  const [port, apiPort, adminPort] = (await freePorts(3)) as [number, number, number];
  const servers: ChildProcess[] = [];
  const start = (program: string, args: string[], env: NodeJS.ProcessEnv = {}, options = {}) => {
    const server = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env }, cwd: '/', ...options });
    servers.push(server);
  };
  const connect = async (database: string) => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  try {
    const options = ['--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
    const forInitdb = await timed(() =>
      promisify(execFile)(initdb, ['-D', data, '-U', 'postgres', ...options], { cwd: '/', ...user }),
    );
    const settings = ['fsync=off', 'listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories='];
    let admin: pg.Client | undefined;
    const forPostgres = await timed(async () => {
      start(postgres, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {}, user);
      while (!admin) admin = await connect('postgres').catch(() => delay(5).then(() => undefined));
    });
    await admin!.query('CREATE DATABASE original');
    const original = await connect('original');
    await original.query('CREATE SCHEMA api; CREATE TABLE api.todos (id int PRIMARY KEY, title text)');
    await original.end();
    const forClone = await timed(() => admin!.query('CREATE DATABASE copy TEMPLATE original STRATEGY file_copy'));
    await admin!.end();
    const forPostgrest = await timed(async () => {
      start(postgrest, [], {
        PGRST_DB_URI: `postgresql://postgres@127.0.0.1:${port}/copy`,
        PGRST_DB_SCHEMAS: 'api',
        PGRST_DB_ANON_ROLE: 'postgres',
        PGRST_SERVER_HOST: '127.0.0.1',
        PGRST_SERVER_PORT: String(apiPort),
        PGRST_ADMIN_SERVER_PORT: String(adminPort),
      });
      const ready = () =>
        fetch(`http://127.0.0.1:${adminPort}/ready`).then(
          ({ status }) => status === 200,
          () => false,
        );
      while (!(await ready())) await delay(5);
    });
    return { initdb: forInitdb, postgres: forPostgres, clone: forClone, postgrest: forPostgrest };
  } finally {
    await Promise.all(servers.map(end));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  // As a job in the background PostgREST would ignore SIGQUIT, and Postgres waits for its clients after SIGTERM.
  server.kill('SIGTERM');
  server.kill('SIGQUIT');
  await once(server, 'exit');
}

/** An empty directory for a cache, and what removes it. */
export function emptyCache(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(baseDirectory(), 'bench-cache-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
