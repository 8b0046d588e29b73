import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { beforeAll, beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { FIRST_PASSWORD_LENGTH } from '../../../testing/cache/archives.ts';
import { makeCluster } from '../../../testing/servers/cluster.ts';
import { postgresBinaries } from '../../../testing/servers/postgres-binaries.ts';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { createServerDirectory } from '../../../testing/servers/server-directory.ts';
import { serverUser } from '../../../testing/servers/server-user.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { sample } from '../../support/fuzz.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { quickProgram } from './quick-program.ts';
import { runProgram } from './running-program.ts';
import { serverDirectories } from './traces.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
/** With one sound archive. */
let filled: string;
let cache: string;
let number = 0;

beforeAll(async () => {
  filled = join(temporaryDirectory(), 'filled cache');
  vi.stubEnv('SECURED_POSTGREST_CACHE', filled);
  await (await startPostgres()).stop();
});
beforeEach(() => {
  cache = join(temporaryDirectory(), `cache ${++number}`);
  vi.stubEnv('SECURED_POSTGREST_CACHE', cache);
});
afterEach(() => vi.unstubAllEnvs());

/** Gives this test a filled cache, and returns the one archive in it. */
function archive(): string {
  cpSync(filled, cache, { recursive: true });
  return join(cache, readdirSync(cache)[0]!);
}

async function expectWorks(server: PostgresServer) {
  const { rows } = await withClient(server.connection('postgres'), (client) => client.query('select 1 as one'));
  expect(rows).toEqual([{ one: 1 }]);
}

/** Starts a server and stops it; tells whether its cluster was a copy. */
async function startsWithCopy(): Promise<boolean> {
  await using server = await startPostgres();
  await expectWorks(server);
  return !existsSync(join(server.directory, 'initdb.log'));
}

function expectOneSoundArchive(directory = cache) {
  const names = readdirSync(directory).filter((name) => name.startsWith('cluster-'));
  expect(names).toHaveLength(1);
  const sum = crc32(readFileSync(join(directory, names[0]!))).toString(16);
  expect(names[0]).toMatch(new RegExp(`^cluster-[0-9a-f]{16}-${sum}\\.tar$`));
}

describe('a cached cluster', () => {
  it('is made once, kept for its user alone, and copied from then on', async () => {
    expect(await startsWithCopy()).toBe(false);
    expectOneSoundArchive();
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    expect(statSync(join(cache, readdirSync(cache)[0]!)).mode & 0o777).toBe(0o600);
    expect(await startsWithCopy()).toBe(true);
    expectOneSoundArchive();
  });

  it('is made once by servers that start at once in one process', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => startPostgres()));
    const made = servers.filter(({ directory }) => existsSync(join(directory, 'initdb.log')));
    expect(made).toHaveLength(1);
    await Promise.all(servers.map(expectWorks));
    await Promise.all(servers.map((server) => server.stop()));
    expectOneSoundArchive();
  });

  it('is one, however many processes start at once without it', async () => {
    const program = await quickProgram('environment', temporaryDirectory());
    const env = { ...process.env, SECURED_POSTGREST_CACHE: cache };
    const runs = Array.from({ length: 8 }, () => runProgram([process.execPath, program, 'clone', 'stop'], { env }));
    for (const run of runs) expect(await run.ended, run.errors()).toEqual({ code: 0, signal: null });
    expectOneSoundArchive();
    expect(await startsWithCopy()).toBe(true);
  });

  it('is not left unfinished by a process that is killed while it writes it', async () => {
    mkdirSync(cache);
    const program = await quickProgram('environment', temporaryDirectory());
    const env = { ...process.env, SECURED_POSTGREST_CACHE: cache };
    const run = runProgram([process.execPath, program, 'stop'], { env });
    while (!readdirSync(cache).some((name) => name.startsWith('unfinished'))) await turn();
    run.child.kill('SIGKILL');
    expect(await run.ended).toEqual({ code: null, signal: 'SIGKILL' });
    await expect.poll(() => readdirSync(cache)).toEqual([]);
    await expect.poll(() => serverDirectories()).toEqual([]);
  });

  it('has a password that opens no copy, and every copy has its own', async () => {
    const first = readFileSync(archive(), 'latin1').slice(0, FIRST_PASSWORD_LENGTH);
    expect(first).toMatch(/^[\w-]{32}$/);
    await using one = await startPostgres();
    await using other = await startPostgres();
    const connections = [one, other].map((server) => server.connection('postgres'));
    for (const [place, password] of [
      [connections[0]!, first],
      [connections[1]!, first],
      [connections[0]!, connections[1]!.password],
      [connections[1]!, connections[0]!.password],
    ] as const) {
      await expect(withClient({ ...place, password }, (client) => client.query('select 1'))).rejects.toThrow(
        'password authentication failed',
      );
    }
  });

  it('is another one for another superuser, and for another version of Postgres', async () => {
    archive();
    const server = await startPostgres({ superuser: 'the boss' });
    const { rows } = await withClient(server.connection('postgres'), (client) => client.query('select current_user'));
    expect(rows).toEqual([{ current_user: 'the boss' }]);
    await server.stop();
    expect(readdirSync(cache)).toHaveLength(2);

    const binaries = { ...(await postgresBinaries()), version: 'postgres (PostgreSQL) 1.0' };
    const directory = createServerDirectory({ user: serverUser() });
    expect(await makeCluster({ binaries, directory, superuser: 'postgres' })).not.toHaveProperty('archive');
    await directory.remove();
    expect(new Set(readdirSync(cache).map((name) => name.slice(0, 24))).size).toBe(3);
  });
});

describe('a damaged cluster is made anew', () => {
  const flipAt = (part: number) => (file: string) => {
    const content = readFileSync(file);
    content[Math.floor(part * (content.length - 1))]! ^= 1;
    writeFileSync(file, content);
  };

  const damages: [string, (file: string) => void][] = [
    ['empty', (file) => truncateSync(file)],
    ['cut off in the middle', (file) => truncateSync(file, statSync(file).size / 2)],
    ['cut off at its end', (file) => truncateSync(file, statSync(file).size - 1)],
    ['longer than it was', (file) => appendFileSync(file, '\0')],
    ['wrong in its first byte', flipAt(0)],
    ['wrong early', flipAt(0.01)],
    ['wrong in the middle', flipAt(0.5)],
    ['wrong late', flipAt(0.9)],
    ['wrong in its last byte', flipAt(1)],
    [
      'a directory',
      (file) => {
        rmSync(file);
        mkdirSync(join(file, 'with something'), { recursive: true });
      },
    ],
    [
      'a link to nothing',
      (file) => {
        rmSync(file);
        execFileSync('ln', ['-s', '/missing', file]);
      },
    ],
  ];

  it.each(sample(damages))('where it is %s', async (_, damage) => {
    damage(archive());
    expect(await startsWithCopy()).toBe(false);
    expectOneSoundArchive();
  });

  it('unless there is a sound one beside it', async () => {
    const file = archive();
    cpSync(file, file.replace(/-[0-9a-f]+\.tar$/, '-0.tar'));
    expect(await startsWithCopy()).toBe(true);
    expectOneSoundArchive();
  });

  // The server's directory is made before the archive is opened: only a file in it tells that it is being read.
  const unpackedFiles = () =>
    serverDirectories()
      .map((name) => join(temporaryDirectory(), name, 'data'))
      .filter((data) => existsSync(data))
      .flatMap((data) => readdirSync(data));

  it('but not where it is removed while it is read', async () => {
    const file = archive();
    const starting = startPostgres();
    while (unpackedFiles().length === 0) await turn();
    rmSync(file);
    await using server = await starting;
    await expectWorks(server);
    expect(existsSync(join(server.directory, 'initdb.log'))).toBe(false);
  });
});

describe('a server starts without a cache', () => {
  it('where there can be none', async () => {
    writeFileSync(cache, 'a file');
    expect(await startsWithCopy()).toBe(false);
    vi.stubEnv('SECURED_POSTGREST_CACHE', join(cache, 'in a file'));
    expect(await startsWithCopy()).toBe(false);
    expect(readFileSync(cache, 'utf8')).toBe('a file');
  });

  it.runIf(canMount())('where the disk is full, and leaves nothing on it', async () => {
    mkdirSync(cache);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', cache]);
    try {
      expect(await startsWithCopy()).toBe(false);
      expect(readdirSync(cache)).toEqual([]);
    } finally {
      execFileSync('umount', [cache]);
    }
  });

  it('where what another process has not finished is all there is; after an hour that goes', async () => {
    mkdirSync(cache);
    const [old, young] = [join(cache, 'unfinished-old'), join(cache, 'unfinished-young')];
    writeFileSync(old, 'some');
    writeFileSync(young, 'some');
    const anHourAgo = Date.now() / 1000 - 3700;
    utimesSync(old, anHourAgo, anHourAgo);
    expect(await startsWithCopy()).toBe(false);
    expect(readdirSync(cache).filter((name) => name.startsWith('unfinished'))).toEqual(['unfinished-young']);
  });

  describe.runIf(process.getuid?.() === 0)('as a normal user', () => {
    const user = { uid: 65534, gid: 65534 };

    async function startAs(env: NodeJS.ProcessEnv) {
      const program = await quickProgram('environment', temporaryDirectory());
      const run = runProgram([process.execPath, program, 'stop'], { ...user, env, cwd: temporaryDirectory() });
      expect(await run.ended, run.errors()).toEqual({ code: 0, signal: null });
    }

    it('where it is another one’s', async () => {
      const file = archive();
      await startAs(process.env);
      expect(readdirSync(cache)).toHaveLength(1);
      expect(existsSync(file)).toBe(true);
    });

    it('where it can only be read', async () => {
      const file = archive();
      chmodSync(cache, 0o755);
      chmodSync(file, 0o644);
      truncateSync(file, 100);
      await startAs(process.env);
      expect(statSync(file).size).toBe(100);
    });

    it('where the archive cannot be read, and makes it anew', async () => {
      const file = archive();
      chmodSync(file, 0o000);
      chownSync(file, user.uid, user.gid);
      chownSync(cache, user.uid, user.gid);
      await startAs(process.env);
      expectOneSoundArchive();
      expect(readdirSync(cache)).not.toContain(file);
    });

    it('where there is no home, or no name of one', async () => {
      const env: NodeJS.ProcessEnv = { ...process.env, SECURED_POSTGREST_CACHE: '', XDG_CACHE_HOME: '' };
      delete env['HOME'];
      const before = readdirSync(temporaryDirectory()).sort();
      await startAs(env);
      await startAs({ ...env, HOME: '' });
      expect(readdirSync(temporaryDirectory()).sort()).toEqual(before);
    });
  });
});

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}
