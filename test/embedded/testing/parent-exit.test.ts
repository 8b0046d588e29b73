import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../support/checkout.ts';
import { compiled } from '../../support/compiled.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { isListening, isRunning, processesBelow, serverDirectories } from './traces.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const program = compiled('test/embedded/testing/programs/two-servers.js');
const nobody = { uid: 65534, gid: 65534 };

/** Runs the program until it has printed its line, does something to it, and waits for its end. */
async function run(how: string, interrupt: (pid: number) => void = () => {}, user = {}) {
  const parent = spawn(process.execPath, [program, how], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporaryDirectory() },
    ...user,
  });
  const ended = once(parent, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let errors = '';
  parent.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const line = once(parent.stdout, 'data') as Promise<[Buffer]>;
  const started = await Promise.race([line, ended.then(() => undefined)]);
  if (started === undefined) throw new Error(`the program ended early: ${errors}`);
  const { uid, ports } = JSON.parse(started[0].toString()) as { uid: number; ports: number[] };
  const children = processesBelow(parent.pid!);
  interrupt(parent.pid!);
  const [code, signal] = await ended;
  return { uid, ports, children, code, signal, errors };
}

async function expectNoTrace({ ports, children }: Awaited<ReturnType<typeof run>>) {
  // Postgres's own children go a moment after it.
  await expect.poll(() => children.filter(isRunning)).toEqual([]);
  expect(await Promise.all(ports.map(isListening))).toEqual([false, false]);
  expect(serverDirectories(temporaryDirectory())).toEqual([]);
}

describe('servers end with the process that started them', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'when it is ended by %s, which keeps its effect',
    async (signal) => {
      const result = await run('wait', (pid) => process.kill(pid, signal));
      expect(result.children.length).toBeGreaterThan(2);
      expect(result).toMatchObject({ code: null, signal });
      await expectNoTrace(result);
    },
  );

  it.each([
    ['it exits', 'exit', 3],
    ['it throws', 'throw', 1],
    ['it has nothing more to do', 'end', 0],
    ['it stops them', 'stop', 0],
  ])('when %s', async (_, how, code) => {
    const result = await run(how);
    expect(result).toMatchObject({ code, signal: null });
    await expectNoTrace(result);
  });
});

describe('another user than root', () => {
  it.runIf(process.getuid?.() === 0 && [program, root, process.execPath].every(isOpenToAll))(
    'can start them',
    async () => {
      const result = await run('stop', undefined, nobody);
      expect(result).toMatchObject({ uid: nobody.uid, code: 0, errors: '' });
      await expectNoTrace(result);
    },
  );
});

function isOpenToAll(path: string): boolean {
  accessSync(path, constants.R_OK);
  const open =
    (statSync(path).mode & 0o005) === 0o005 || (statSync(path).isFile() && (statSync(path).mode & 0o004) !== 0);
  return open && (path === dirname(path) || isOpenToAll(dirname(path)));
}
