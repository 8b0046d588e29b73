import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { sample } from '../../support/fuzz.ts';
import { ANN, notesSeed } from '../../support/owned-notes.ts';
import { childrenOf, dev as startDev, expectGone, program } from './dev-program.ts';
import { useOwnTemporaryDirectory } from '../testing/own-temporary-directory.ts';
import { serverDirectories } from '../testing/traces.ts';
import { processesIn } from '../testing/traces-in.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const notes = compiled('test/support/owned-notes.js');

function file(name: string, text: string): string {
  const path = join(temporaryDirectory(), 'project', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(join(dirname(path), 'package.json'), '{ "type": "module" }');
  writeFileSync(path, text);
  return path;
}
const declaration = () => file('declaration.ts', `export { ownedNotes as default } from '${notes}';`);
const seed = (sql = notesSeed.sql) => ['--seed', file('my.sql', sql)];
/** Processes and directories that are still there. */
const left = () => [
  ...processesIn(temporaryDirectory()).map(({ name }) => name),
  ...serverDirectories(temporaryDirectory()),
];
const dev = (...args: string[]) => startDev(args, { temporaryDirectory: temporaryDirectory() });

describe.runIf(process.platform === 'linux')('dev', () => {
  it('runs the notes of docs/importing.md: the sample has a sub, and its curl line shows the rows of that user', async () => {
    const run = await dev(declaration(), ...seed());
    expect(run.printed.out).toContain(`notes_user: claims {"sub":"${ANN}"}, token`);
    const curl = run.printed.out.split('\n').find((line) => line.startsWith('  curl '))!;
    const rows = JSON.parse(execFileSync('sh', ['-c', `${curl} --silent`], { encoding: 'utf8' })) as unknown;
    expect(rows).toEqual([{ owner: ANN, text: 'of ann' }]);
    const children = childrenOf(run);
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual([0, null]);
    await expectGone(run, children, temporaryDirectory());
  });

  it('ends without an error at a Ctrl-C that reaches its servers as well, as in a terminal, while it reads what is closed', async () => {
    const child = spawn(process.execPath, [program, 'dev', declaration(), ...seed()], {
      env: { ...process.env, TMPDIR: temporaryDirectory() },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'exit');
    let errors = '';
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('Ctrl-C ends it')) process.kill(-child.pid!, 'SIGINT');
    });
    expect(await ended).toEqual([0, null]);
    expect(errors).not.toContain('secured-postgrest:');
    await expect.poll(left).toEqual([]);
  });

  it('ends with all that it has begun where it cannot describe what runs', async () => {
    const broken = file(
      'broken.ts',
      `import { ownedNotes } from '${notes}';
      const get = () => {
        if (new Error().stack.includes('describeRoles')) throw new Error('broken on purpose');
        return ownedNotes.users;
      };
      export default Object.defineProperty({ ...ownedNotes }, 'users', { enumerable: true, get });`,
    );
    const run = await dev(broken);
    expect(await run.ended).toEqual([1, null]);
    expect(run.printed.err).toMatch(/\nsecured-postgrest: broken on purpose\n$/);
    await expect.poll(left).toEqual([]);
  });

  it.each(['postgres', 'postgrest'] as const)('ends with all that it has begun where %s dies', async (name) => {
    const run = await dev(declaration());
    const children = childrenOf(run);
    const victim = processesIn(temporaryDirectory()).find(
      (server) => server.name === name && server.parent === run.child.pid,
    )!;
    process.kill(victim.pid, 'SIGKILL');
    expect(await run.ended).toEqual([1, null]);
    expect(run.printed.err).toMatch(
      new RegExp(`secured-postgrest: dev: ${name} was ended by SIGKILL; start it again.{0,450} \\[server_ended\\]\\n$`),
    );
    await expectGone(run, children, temporaryDirectory());
  });

  it('ends with all that it has begun where nobody reads what it says any more', async () => {
    const run = await dev(declaration());
    const children = childrenOf(run);
    run.child.stdout!.destroy();
    run.child.stderr!.destroy();
    file('declaration.ts', `throw new Error('changed');`);
    expect((await run.ended)[0]).not.toBe(0);
    await expectGone(run, children, temporaryDirectory());
  });

  it.each(
    sample(['loading', 'starting Postgres', 'applying the declaration', 'filling the tables', 'starting PostgREST']),
  )('ends at a signal while it is %s, and leaves nothing behind', async (step) => {
    const hangs = step === 'filling the tables' ? seed('SELECT pg_sleep(1000)') : seed();
    const child = spawn(process.execPath, [program, 'dev', declaration(), ...hangs], {
      env: { ...process.env, TMPDIR: temporaryDirectory() },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'exit');
    const sent = step.startsWith('starting') ? 'SIGTERM' : 'SIGINT';
    child.stderr.on('data', (text: Buffer) => {
      if (text.includes(step)) child.kill(sent);
    });
    expect(await ended).toEqual([null, sent]);
    await expect.poll(left).toEqual([]);
  });
});
