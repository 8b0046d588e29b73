import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheDirectory, makeCacheDirectory } from '../../../testing/cache/cache-directory.ts';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { ownIdentity } from '../../../testing/servers/process-identity.ts';
import { removeServers } from '../../../testing/servers/reaper.ts';
import { removeAbandoned } from '../../../testing/servers/remove-abandoned.ts';
import { idleAccount, isServerUser } from '../../../testing/servers/server-user.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { dev, type DevProgram } from '../cli/dev-program.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { quickProgram } from './quick-program.ts';
import { runProgram } from './running-program.ts';
import { isListening, isRunning } from './traces.ts';
import { processesIn, type RunningProcess } from './traces-in.ts';

// Another user can be played only by root, which CI and containers often are.
const asRoot = describe.runIf(process.getuid?.() === 0 && process.platform === 'linux');

interface User {
  readonly uid: number;
  readonly gid: number;
}
const nobody: User = { uid: 65534, gid: 65534 };
const stranger: User = { uid: 64002, gid: 64002 };

const temporaryDirectory = useOwnTemporaryDirectory();
let attacker: string;
let environment: string;
/** What other users want to read, change or have removed. */
let victim: string;
/** Where servers have their directories: everybody may write there, as in `/tmp`. */
let place: string;
let number = 0;
const started: ChildProcess[] = [];

beforeAll(async () => {
  attacker = await quickProgram('attacker', temporaryDirectory());
  environment = await quickProgram('environment', temporaryDirectory());
});
beforeEach(() => {
  place = join(temporaryDirectory(), `place ${++number}`);
  victim = join(temporaryDirectory(), `victim ${number}`);
  mkdirSync(place);
  chmodSync(place, 0o1777);
  mkdirSync(victim);
  writeFileSync(join(victim, 'precious'), 'untouched');
  vi.stubEnv('TMPDIR', place);
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

function start(user: User, command: string, ...args: string[]): ChildProcess {
  const child = spawn(command, args, { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  return child;
}

/** Starts the attacker as a user; resolves with what it tells first. */
function attack<T>(user: User, how: string, directory: string, more = ''): Promise<T> {
  const child = start(user, process.execPath, attacker, how, directory, victim, more);
  return once(child.stdout!, 'data').then(([line]) => JSON.parse(String(line)) as T);
}

const userOf = ({ directory }: PostgresServer): User => statSync(join(directory, 'data'));

/** Processes of a user that have not ended. */
function runningAs({ uid }: User): string[] {
  const listing = execFileSync('ps', ['-A', '-o', 'uid=,stat=,args='], { encoding: 'utf8' });
  return listing.split('\n').filter((line) => new RegExp(`^ *${uid} +[^ZX]`).test(line));
}

function expectVictimUntouched() {
  expect(readdirSync(victim)).toEqual(['precious']);
  expect(readFileSync(join(victim, 'precious'), 'utf8')).toBe('untouched');
}

async function expectWorks(server: PostgresServer) {
  const { rows } = await withClient(server.connection('postgres'), (client) => client.query('select 1 as one'));
  expect(rows).toEqual([{ one: 1 }]);
}

asRoot('a server that root has started', () => {
  it('has a user of its own, which no other process has and no other server', async () => {
    await using one = await startPostgres();
    await using other = await startPostgres();
    expect(userOf(one).uid).not.toBe(userOf(other).uid);
    for (const server of [one, other]) {
      expect(isServerUser(userOf(server).uid)).toBe(true);
      await expectWorks(server);
    }
  });

  it('can be changed by no other user, not even by its own, outside of its data', async () => {
    await using server = await startPostgres();
    const attackers = [nobody, stranger, userOf(server)];
    const results = await Promise.all(
      attackers.map((user) => attack<Record<string, string>>(user, 'try', server.directory)),
    );
    for (const result of results) {
      expect(Object.keys(result).length).toBeGreaterThan(25);
      expect(Object.entries(result).filter(([, end]) => !/^(EACCES|EPERM|ENOENT|failed)$/.test(end))).toEqual([]);
    }
    expectVictimUntouched();
    await expectWorks(server);
  });

  it('shows no secret of this process to its own user, in its environment or its arguments', async () => {
    vi.stubEnv('DEPLOY_TOKEN', 'secret-of-root');
    await using server = await startPostgres();
    const { pid } = processesIn(server.directory).find(({ name }) => name === 'postgres')!;
    const read = (what: string) =>
      execFileSync('cat', [`/proc/${pid}/${what}`], { ...userOf(server), encoding: 'utf8', cwd: '/' });
    expect(read('environ')).toContain('PATH=');
    const password = readFileSync(server.passwordFile, 'utf8');
    for (const text of [read('environ'), read('cmdline')])
      expect(text).not.toMatch(new RegExp(`secret-of|${password}`));
    const { rows } = await withClient(server.connection('postgres'), (client) =>
      client.query<{ environment: string }>(
        `select encode(pg_read_binary_file('/proc/self/environ'), 'escape') environment`,
      ),
    );
    expect(rows[0]!.environment).not.toContain('secret-of-root');
  });

  describe.each(['lie', 'lie with a pipe'])(
    'whose user goes on to plant links, and to %s about its processes,',
    (how) => {
      it.each([
        ['stopped', (server: PostgresServer) => server.stop()],
        ['removed by the reaper', ({ directory }: PostgresServer) => removeServers([directory])],
      ])('is %s without touching anything else', async (_, end) => {
        await using other = await startPostgres();
        const server = await startPostgres();
        const cluster = await withClient(other.connection('postgres'), async (client) => {
          const { rows } = await client.query<{ cluster_name: string }>('show cluster_name');
          return rows[0]!.cluster_name;
        });
        const processes = [start({ uid: 0, gid: 0 }, 'sleep', '300'), start(nobody, 'sleep', '300')];
        const user = userOf(server);
        await attack(user, how, server.directory, `${processes[0]!.pid},${cluster}`);
        await end(server);
        expect(existsSync(server.directory)).toBe(false);
        expectVictimUntouched();
        await expectWorks(other);
        expect(processes.map(({ pid }) => isRunning(pid!))).toEqual([true, true]);
        // The attacker has ended with it.
        expect(runningAs(user)).toEqual([]);
        expect(readFileSync('/proc/sysvipc/shm', 'utf8')).not.toContain(` ${user.uid} `);
        await server.stop();
      });
    },
  );

  it('makes its cluster as a user that no process runs as', () => {
    const busy = start(nobody, 'sleep', '300');
    const first = idleAccount()!;
    expect(first.uid).not.toBe(0);
    expect(first.uid).not.toBe(nobody.uid);
    start(first, 'sleep', '300');
    expect(idleAccount()!.uid).not.toBe(first.uid);
    expect(isRunning(busy.pid!)).toBe(true);
  });
});

asRoot('an environment of a root that has no rights over processes of others, as in containers', () => {
  it('starts and ends', async () => {
    const rights = ['--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace'];
    const options = { env: { ...process.env, TMPDIR: place }, cwd: place };
    const program = runProgram(['setpriv', ...rights, process.execPath, environment, 'stop'], options);
    expect(await program.ended, program.errors()).toEqual({ code: 0, signal: null });
  });
});

asRoot('`dev` of root', () => {
  const declaration = fileURLToPath(new URL('../../../examples/todos/declaration.ts', import.meta.url));
  let run: DevProgram;
  let directory: string;
  let postgrest: RunningProcess;
  let postgrestUser: User;
  let postgresUser: User;
  /** What other users want to know. */
  let secrets: string[];
  let explorerUrl: string;

  const userOfProcess = ({ pid }: RunningProcess): User => statSync(`/proc/${pid}`);

  beforeAll(async () => {
    const place = join(temporaryDirectory(), 'place of dev');
    mkdirSync(place);
    chmodSync(place, 0o1777);
    run = await dev([declaration], { temporaryDirectory: place });
    const processes = processesIn(place);
    postgrest = processes.find(({ name }) => name === 'postgrest')!;
    postgrestUser = userOfProcess(postgrest);
    postgresUser = userOfProcess(processes.find(({ name }) => name === 'postgres')!);
    directory = readlinkSync(`/proc/${postgrest.pid}/cwd`);
    const [, password = ''] = /:([^:@]+)@/.exec(readFileSync(join(directory, 'database-uri'), 'utf8')) ?? [];
    const [, url = '', secret = ''] = /try it as each role: (.*)\/#secret=(.*)/.exec(run.printed.out) ?? [];
    explorerUrl = url;
    secrets = [password, secret];
    expect(secrets.map((text) => text.length > 20)).toEqual([true, true]);
  });
  afterAll(async () => {
    run.child.kill('SIGKILL');
    await run.ended;
  });

  it('runs PostgREST as a user of its own, without any right of root', () => {
    const status = readFileSync(`/proc/${postgrest.pid}/status`, 'utf8');
    const { uid, gid } = postgrestUser;
    expect(isServerUser(uid)).toBe(true);
    expect(uid).not.toBe(postgresUser.uid);
    expect(status).toMatch(new RegExp(`^Uid:(\\t${uid}){4}$`, 'm'));
    expect(status).toMatch(new RegExp(`^Gid:(\\t${gid}){4}$`, 'm'));
    expect(status).toMatch(/^Groups:\s*$/m);
    expect(status).toMatch(/^CapEff:\s*0+$/m);
  });

  it('tells other users no secret of PostgREST, and lets its own user change nothing', async () => {
    const read = (user: User, what: string) =>
      execFileSync('cat', [`/proc/${postgrest.pid}/${what}`], { ...user, encoding: 'utf8', cwd: '/', stdio: 'pipe' });
    for (const user of [nobody, stranger, postgresUser]) {
      for (const what of ['environ', 'maps', 'mem', 'fd/1', 'cwd/database-uri', 'root/etc/passwd'])
        expect(() => read(user, what), what).toThrow('Permission denied');
      const tried = await attack<Record<string, string>>(user, 'try', directory);
      expect(Object.entries(tried).filter(([, end]) => end === 'succeeded')).toEqual([]);
    }
    for (const text of [read(nobody, 'cmdline'), read(postgrestUser, 'environ')])
      for (const secret of secrets) expect(text).not.toContain(secret);
    const tried = await attack<Record<string, string>>(postgrestUser, 'try', directory);
    // What it was started with.
    expect(Object.keys(tried).filter((what) => tried[what] === 'succeeded')).toEqual([
      'read postgrest.conf',
      'read database-uri',
      'read jwks.json',
    ]);
    expectVictimUntouched();
  });

  it('gives another user neither tokens nor the API, but only an empty page', () => {
    const ask = (path: string, ...options: string[]) =>
      execFileSync('curl', ['--silent', '--include', ...options, `${explorerUrl}${path}`], {
        ...nobody,
        cwd: '/',
        encoding: 'utf8',
      });
    const token = ['-H', 'Content-Type: application/json', '-d', '{"role":"todos_user","claims":{"user_id":1}}'];
    const guesses = ['', 'secret', secrets[0]!, secrets[1]!.slice(1)].map((guess) => [
      '-H',
      `Explorer-Secret: ${guess}`,
    ]);
    for (const guess of [[], ...guesses]) {
      for (const answer of [
        ask('/token', ...guess, ...token),
        ask('/identities', ...guess),
        ask('/openapi?role=todos_user', ...guess),
        ask('/api/todos', ...guess),
      ]) {
        expect(answer).toMatch(/^HTTP\/1\.1 401 /);
        expect(answer).not.toMatch(/eyJ|milk/);
      }
    }
    for (const path of ['/', '/page.js']) {
      expect(ask(path)).toMatch(/^HTTP\/1\.1 200 /);
      expect(ask(path)).not.toContain(secrets[1]);
    }
    // With it, the same request is answered.
    expect(ask('/token', '-H', `Explorer-Secret: ${secrets[1]}`, ...token)).toMatch(/^HTTP\/1\.1 200 .*"token":"eyJ/s);
  });

  it('has its secrets nowhere that another user can read', () => {
    // Not in the arguments of the search itself.
    const find = 'grep -rlsF -f - /proc/[0-9]*/cmdline /proc/[0-9]*/environ "$0"';
    const findAs = (user: User | undefined) =>
      spawnSync('sh', ['-c', find, join(directory, '..')], {
        ...user,
        cwd: '/',
        input: secrets.join('\n'),
        encoding: 'utf8',
      }).stdout;
    expect(findAs(nobody)).toBe('');
    expect(findAs(undefined)).toContain(join(directory, 'database-uri'));
  });

  it('ends with every process of the users of its servers', async () => {
    const left = [postgrestUser, postgresUser].map((user) => start(user, 'sleep', '300'));
    run.child.kill('SIGINT');
    expect(await run.ended).toEqual([0, null]);
    expect(left.map(({ pid }) => isRunning(pid!))).toEqual([false, false]);
    expect([postgrestUser, postgresUser].flatMap(runningAs)).toEqual([]);
    expect(existsSync(directory)).toBe(false);
  });
});

asRoot.each([
  ['root', undefined, nobody],
  ['another user', nobody, stranger],
])('an environment of %s', (_, user, other) => {
  it('is out of the reach of a user who tries everything while it starts and ends', async () => {
    const env = { ...process.env, TMPDIR: place, SECURED_POSTGREST_CACHE: join(place, 'cache') };
    const options = { env, cwd: place, ...user };
    const over = join(temporaryDirectory(), `over ${number}`);
    const racing = attack<{ count: number; succeeded: string[] }>(other, 'race', place, over);
    for (let run = 0; run < 2; run++) {
      const program = runProgram([process.execPath, environment, 'clone', 'stop'], options);
      expect(await program.ended, program.errors()).toEqual({ code: 0, signal: null });
    }
    writeFileSync(over, '');
    const { count, succeeded } = await racing;
    expect(succeeded).toEqual([]);
    expect(count).toBeGreaterThan(1000);
    expectVictimUntouched();
    expect(readdirSync(place)).toEqual(['cache']);
    expect(readdirSync(join(place, 'cache')).length).toBeGreaterThan(1);
  });
});

asRoot('what another user leaves where servers have their directories', () => {
  const ended = JSON.stringify({ ...ownIdentity(), started: '1' });
  const name = 'secured-postgrest-0123456789ab';

  it.each<[string, (path: string) => void]>([
    [
      'a directory of a process that has ended',
      (path) => {
        mkdirSync(path);
        writeFileSync(join(path, 'owner.json'), ended);
        chownSync(join(path, 'owner.json'), nobody.uid, nobody.gid);
        chownSync(path, nobody.uid, nobody.gid);
      },
    ],
    [
      'a directory with a hard link to what root has written',
      (path) => {
        mkdirSync(path);
        writeFileSync(join(victim, '..', `owner ${number}`), ended);
        linkSync(join(victim, '..', `owner ${number}`), join(path, 'owner.json'));
        chownSync(path, nobody.uid, nobody.gid);
      },
    ],
    [
      'a link to a directory of root',
      (path) => {
        mkdirSync(join(place, 'elsewhere'));
        writeFileSync(join(place, 'elsewhere', 'owner.json'), ended);
        symlinkSync(join(place, 'elsewhere'), path);
      },
    ],
    [
      'a pipe that nothing is written to',
      (path) => {
        mkdirSync(path);
        execFileSync('mkfifo', [join(path, 'owner.json')]);
      },
    ],
  ])('is not touched, nor waited for: %s', async (_, plant) => {
    plant(join(place, name));
    const before = readdirSync(place, { recursive: true }).sort();
    await removeAbandoned(place);
    expect(readdirSync(place, { recursive: true }).sort()).toEqual(before);
  });

  it('is no server of ours, whatever its arguments say', async () => {
    const directory = join(place, name);
    mkdirSync(directory);
    const program = join(place, 'postgres');
    writeFileSync(program, '#!/bin/sh\necho started\nwhile :; do sleep 1; done\n', { mode: 0o755 });
    const pretender = start(nobody, program, '-D', `${directory}/data`, directory);
    await once(pretender.stdout!, 'data');
    await removeServers([directory]);
    expect(existsSync(directory)).toBe(false);
    expect(isRunning(pretender.pid!)).toBe(true);
  });
});

asRoot('a directory that another user can replace', () => {
  const mine = (path: string, mode: number, { uid, gid }: User = { uid: 0, gid: 0 }) => {
    mkdirSync(path);
    chownSync(path, uid, gid);
    chmodSync(path, mode);
    return path;
  };
  const unsafe: [string, (base: string) => string][] = [
    ['everybody writes it', (base) => mine(join(base, 'open'), 0o777)],
    ['another group writes it', (base) => mine(join(base, 'group'), 0o775, { uid: 0, gid: 65534 })],
    ['it is of another user', (base) => mine(join(base, 'theirs'), 0o755, nobody)],
    ['it is of another user, and sticky', (base) => mine(join(base, 'theirs'), 0o1777, nobody)],
    ['it is below one of another user', (base) => mine(join(mine(join(base, 'theirs'), 0o755, nobody), 'own'), 0o755)],
    [
      'it is a link to one',
      (base) => {
        symlinkSync(mine(join(base, 'theirs'), 0o777), join(base, 'link'));
        return join(base, 'link');
      },
    ],
  ];

  it.each(unsafe)('is not where servers are: %s', async (_, make) => {
    const directory = make(place);
    await expect(startPostgres({ directory: join(directory, 'db') })).rejects.toMatchObject({
      code: 'unsafe_directory',
    });
    vi.stubEnv('TMPDIR', directory);
    await expect(startPostgres()).rejects.toMatchObject({
      code: 'unsafe_directory',
      message: expect.stringContaining(directory) as unknown,
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([...unsafe, ['it is sticky', (base: string) => mine(join(base, 'sticky'), 0o1777)] as const])(
    'is no cache, nor made to one: %s',
    (_, make) => {
      const directory = make(place);
      vi.stubEnv('SECURED_POSTGREST_CACHE', directory);
      expect([cacheDirectory(), makeCacheDirectory()]).toEqual([undefined, undefined]);
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  it('is not where a cache is made', () => {
    const directory = mine(join(place, 'theirs'), 0o755, nobody);
    vi.stubEnv('SECURED_POSTGREST_CACHE', join(directory, 'cache', 'of mine'));
    expect(makeCacheDirectory()).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('may be sticky where servers are, as /tmp is', async () => {
    await using server = await startPostgres();
    expect(await isListening(server.port)).toBe(true);
  });
});
