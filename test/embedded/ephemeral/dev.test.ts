import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { freePorts } from '../../../ephemeral/free-ports.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { isListening, isRunning, processesBelow, serverDirectories } from './traces.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const program = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
const declaration = fileURLToPath(new URL('../../../examples/todos/declaration.ts', import.meta.url));

async function dev(args: readonly string[], command = [process.execPath, '--import', 'tsx', program]) {
  const child = spawn(command[0]!, [...command.slice(1), 'dev', ...args], {
    env: { ...process.env, TMPDIR: temporaryDirectory(), npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const output = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (output.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output.err += data.toString()));
  while (!output.out.includes('Ctrl-C') && child.exitCode === null) await delay(50);
  return { child, ended, ...output };
}

async function expectGone({ out }: { out: string }, children: number[]) {
  for (let wait = 0; wait < 200 && children.some(isRunning); wait++) await delay(50);
  expect(children.filter(isRunning)).toEqual([]);
  expect(await isListening(Number(new URL(out.split('\n')[0]!).port))).toBe(false);
  expect(serverDirectories(temporaryDirectory())).toEqual([]);
}

const childrenOf = (child: ChildProcess) => processesBelow(child.pid!);

describe('secured-postgrest dev', () => {
  it('prints the URL, the roles with tokens, and requests that work as they are printed', async () => {
    const run = await dev([declaration]);
    const [url, ...rest] = run.out.split('\n');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(rest.join('\n')).toMatch(
      /todos_anon: requests without a token\n {2}todos_user: claims \{"user_id":1\}, token\n {4}ey/,
    );
    const curls = rest.filter((line) => line.startsWith('  curl '));
    const answers = curls.map(
      (line) => JSON.parse(execFileSync('sh', ['-c', `${line} --silent`], { encoding: 'utf8' })) as { title: string }[],
    );
    expect(answers.map((rows) => rows.map(({ title }) => title))).toEqual([
      ['water the plants'],
      ['buy milk', 'water the plants'],
    ]);
    const children = childrenOf(run.child);
    run.child.kill('SIGINT');
    run.child.kill('SIGINT');
    expect(await run.ended).toEqual([0, null]);
    expect(run.err).toBe('');
    await expectGone(run, children);
  });

  it('takes a port and a seed, and ends on SIGTERM', async () => {
    const [port] = (await freePorts(1)) as [number];
    const seed = join(temporaryDirectory(), 'my seed.sql');
    writeFileSync(seed, `insert into api.todos (user_id, title, public) values (9, 'mine', true)`);
    const run = await dev([declaration, '--port', String(port), '--seed', seed]);
    expect(run.out.split('\n')[0]).toBe(`http://127.0.0.1:${port}`);
    const answer = await fetch(`http://127.0.0.1:${port}/todos?select=title`);
    expect(await answer.json()).toEqual([{ title: 'mine' }]);
    const children = childrenOf(run.child);
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual([0, null]);
    await expectGone(run, children);
  });

  it('ends when npm, which started it, is killed', async () => {
    // A shell between this test and the program, as npm has one.
    const shell = ['sh', '-c', '"$0" --import tsx "$@"; true', process.execPath, program];
    const run = await dev([declaration], shell);
    const children = childrenOf(run.child);
    expect(children.length).toBeGreaterThan(2);
    run.child.kill('SIGKILL');
    await run.ended;
    await expectGone(run, children);
  });

  it.each([
    ['a missing declaration', ['missing.ts'], 'missing.ts: there is no such file'],
    ['a missing seed', [declaration, '--seed', 'missing.sql'], 'missing.sql'],
    ['a port that is none', [declaration, '--port', '0'], 'write a number, 1 to 65535'],
  ])('fails with a message for %s, and leaves nothing behind', async (_, args, message) => {
    const run = await dev(args);
    expect((await run.ended)[0]).toBe(1);
    expect(run.out).toBe('');
    expect(run.err).toContain(message);
    expect(serverDirectories(temporaryDirectory())).toEqual([]);
  });

  it('fails with the line of a broken seed.sql beside the declaration', async () => {
    const directory = join(temporaryDirectory(), 'project');
    cpSync(fileURLToPath(new URL('.', `file://${declaration}`)), directory, { recursive: true });
    const json = { name: 'empty', schemas: ['api'], roles: { users: ['empty_user'] } };
    writeFileSync(join(directory, 'declaration.json'), JSON.stringify(json));
    writeFileSync(join(directory, 'seed.sql'), 'select 1;\nselect * from api.missing;');
    const run = await dev([join(directory, 'declaration.json')]);
    expect((await run.ended)[0]).toBe(1);
    expect(run.err).toMatch(/seed\.sql:2: relation "api.missing" does not exist/);
    expect(serverDirectories(temporaryDirectory())).toEqual([]);
  });
});
