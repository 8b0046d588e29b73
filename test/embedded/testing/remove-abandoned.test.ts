import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../../../testing/servers/postgres-server.ts';
import { ownIdentity } from '../../../testing/servers/process-identity.ts';
import { removeServers } from '../../../testing/servers/reaper.ts';
import { removeAbandoned } from '../../../testing/servers/remove-abandoned.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { quickProgram } from './quick-program.ts';
import { runProgram } from './running-program.ts';
import { expectSharedMemoryBack, leftSharedMemory } from './shared-memory.ts';
import { isListening } from './traces.ts';
import { noTraces, processesIn, tracesIn } from './traces-in.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const isRoot = process.getuid?.() === 0;
let program: string;
/** Where the servers have their directories. */
let place: string;

beforeAll(async () => {
  program = await quickProgram('environment', temporaryDirectory());
});
let number = 0;
beforeEach(() => {
  place = join(temporaryDirectory(), `place ${++number}`);
  mkdirSync(place);
});

const run = (steps: readonly string[], more = {}) =>
  runProgram([process.execPath, program, ...steps], { env: { ...process.env, TMPDIR: place, ...more } });

/** Kills at once whatever has such a name. */
function kill(name: RegExp): void {
  const victims = processesIn(place).filter((process) => name.test(process.name));
  expect(victims.length).toBeGreaterThan(0);
  for (const { pid } of victims) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}

/** Its reaper, for `sh`. */
function childOf(parent: number, name: string): number {
  return processesIn(place).find((process) => process.parent === parent && process.name === name)!.pid;
}

const running = (name: string) => processesIn(place).filter((process) => process.name === name);

async function expectNothingLeft(before: readonly string[]) {
  await expect.poll(() => tracesIn(place), { interval: 100 }).toEqual(noTraces);
  await expectSharedMemoryBack(before);
}

describe.runIf(process.platform === 'linux')('what a process leaves that is killed together with its reaper', () => {
  it('is ended and removed, but not what a living process uses', async () => {
    const before = leftSharedMemory();
    const living = run(['wait']);
    const { url } = (await living.begins('wait'))!;
    const kept = readdirSync(place);
    const killed = run(['clone', 'wait']);
    const ports = await killed.begins('wait').then((step) => [step!.url!, step!.databaseUrl!]);
    const isServing = () => Promise.all(ports.map((address) => isListening(Number(new URL(address).port))));
    process.kill(childOf(killed.pid, 'sh'), 'SIGKILL');
    process.kill(killed.pid, 'SIGKILL');
    await killed.ended;
    await delay(500);
    expect(await isServing()).toEqual([true, true]);

    await removeAbandoned(place);
    expect(await isServing()).toEqual([false, false]);
    expect(readdirSync(place).sort()).toEqual(kept.sort());
    expect((await fetch(`${url}/todos?select=title`)).status).toBe(200);
    living.child.kill('SIGTERM');
    await living.ended;
    await expectNothingLeft(before);
  });

  it('is removed by the next start, also where Postgres was killed as well and sessions of it go on', async () => {
    const before = leftSharedMemory();
    const killed = run(['busy', 'wait']);
    await killed.begins('wait');
    process.kill(childOf(killed.pid, 'postgres'), 'SIGKILL');
    kill(/^(node|sh|postgrest)$/);
    await killed.ended;
    await delay(500);
    expect(running('postgres').length).toBeGreaterThan(0);

    expect(await run(['stop']).ended).toMatchObject({ code: 0 });
    await expectNothingLeft(before);
  });

  it('gives shared memory back where all is dead', async () => {
    const before = leftSharedMemory();
    const killed = run(['wait']);
    await killed.begins('wait');
    kill(/./);
    await killed.ended;
    await expect.poll(() => running('postgres')).toEqual([]);
    const [lock] = readdirSync(place)
      .map((directory) => join(place, directory, 'data/postmaster.pid'))
      .filter((file) => existsSync(file));
    const segment = readFileSync(lock!, 'utf8').split('\n')[6]!.split(' ').at(-1);
    expect(leftSharedMemory()).toContain(`segment ${segment}`);
    await removeAbandoned(place);
    await expectNothingLeft(before);
  });

  describe.each([
    ['initdb goes on', /^(node|sh)$/],
    ['nothing goes on', /./],
  ])('while a cluster is made, and %s,', (_, victims) => {
    it.each([50, 150, 250, 350])('is ended and removed (after %i ms)', async (wait) => {
      const before = leftSharedMemory();
      const killed = run(['wait'], { SECURED_POSTGREST_CACHE: join(place, '..', 'no cache') });
      await expect.poll(() => running('initdb').length, { interval: 10 }).toBe(1);
      await delay(wait);
      kill(victims);
      await killed.ended;
      await removeAbandoned(place);
      await expectNothingLeft(before);
    });
  });
});

describe('removeAbandoned', () => {
  function directory(owner: unknown, name = 'secured-postgrest-0123456789ab'): string {
    const path = join(place, name);
    mkdirSync(path);
    if (owner !== undefined) writeFileSync(join(path, 'owner.json'), JSON.stringify(owner));
    return path;
  }

  const ended = { ...ownIdentity(), started: '1' };

  it('removes what belongs to a process that has ended, whose number another one has', async () => {
    directory(ended);
    await removeAbandoned(place);
    expect(readdirSync(place)).toEqual([]);
  });

  it.each([
    ['of a living process', ownIdentity()],
    ['of another machine, or another boot of this one', { ...ended, realm: ended.realm.replace('-', '+') + 'x' }],
    ['of another container', { ...ended, realm: ended.realm.replace(/\d+\]$/, '1]') + ' ' }],
    ['that say no owner', undefined],
    ['whose owner cannot be read', 'nobody'],
    ['whose owner is nothing', null],
  ])('does not touch directories %s', async (_, owner) => {
    directory(owner);
    await removeAbandoned(place);
    expect(readdirSync(place)).toHaveLength(1);
  });

  it('does not touch directories with other names, nor files', async () => {
    directory(ended, 'secured-postgres');
    writeFileSync(join(place, 'secured-postgrest-file'), '');
    await removeAbandoned(place);
    expect(readdirSync(place)).toHaveLength(2);
  });

  it('does not follow links, of the directory or of what says whose it is', async () => {
    const owner = join(directory(ended, 'elsewhere'), 'owner.json');
    symlinkSync(join(place, 'elsewhere'), join(place, 'secured-postgrest-link'));
    symlinkSync(owner, join(directory(undefined), 'owner.json'));
    await removeAbandoned(place);
    expect(readdirSync(join(place, 'elsewhere'))).toEqual(['owner.json']);
  });

  it.runIf(isRoot)('does not touch what belongs to another user, whatever it says', async () => {
    const theirs = directory(ended);
    chownSync(join(theirs, 'owner.json'), 12345, 12345);
    const alsoTheirs = directory(ended, 'secured-postgrest-directory');
    chownSync(alsoTheirs, 12345, 12345);
    await removeAbandoned(place);
    expect(readdirSync(place)).toHaveLength(2);
  });
});

describe.runIf(process.platform !== 'win32')('removeServers', () => {
  it('ends no server whose directory only begins like the one, or is in it by name', async () => {
    const paths = [join(place, 'db'), join(place, 'db 2'), join(temporaryDirectory(), 'data')];
    const servers = await Promise.all(paths.map((path) => startPostgres({ directory: path })));
    await removeServers([join(place, 'db'), join(place, 'd'), 'data', 'db', '']);
    expect(await Promise.all(servers.map(({ port }) => isListening(port)))).toEqual([false, true, true]);
    await Promise.all(servers.map((server) => server.stop()));
  });
});
