import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { sample } from '../../../support/fuzz.ts';
import { removeAbandoned } from '../../../../testing/servers/remove-abandoned.ts';
import { isRunning, processesBelow, serverDirectories } from '../traces.ts';
import { type RunningVitest, VitestProject } from './vitest-project.ts';

let project: VitestProject;
const started: RunningVitest[] = [];

function start(...args: string[]): RunningVitest {
  const run = project.start(...args);
  started.push(run);
  return run;
}

const threeTests = (count: number) => `
const test = apiTest(declaration, { seed });
for (const title of ['one', 'two', 'three']) {
  test.concurrent(title, async ({ api, expect }) => {
    const ann = await api.as('todos_user', { user_id: 1 });
    expect((await ann.fetch('/todos', { method: 'POST', body: JSON.stringify({ title }) })).status).toBe(201);
    const rows = await (await ann.fetch('/todos?select=title&title=in.(one,two,three)')).json();
    expect(rows).toEqual([{ title }]);
    expect(rows).toHaveLength(${count});
  });
}
`;

/** Waits until a run in watch mode has ended, and returns what it has printed. */
async function runEnds(watch: RunningVitest): Promise<string> {
  await watch.printed(/(Waiting|Watching) for file changes/i);
  return watch.output;
}

/** Kills a process, unless it has ended meanwhile. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Changes a file, again if the watcher of vitest has missed the change. */
async function rerun(watch: RunningVitest, file: string, text: string): Promise<void> {
  watch.output = '';
  for (let change = 1; !watch.output.includes('RERUN'); change++) {
    project.write(file, `${text}\n// change ${change}`);
    await vi.waitUntil(() => watch.output.includes('RERUN'), 30_000).catch(() => undefined);
  }
}

beforeAll(() => {
  project = new VitestProject();
  for (const name of ['a', 'b', 'c']) project.write(`${name}.test.ts`, threeTests(1));
});
afterEach(() => started.splice(0).forEach((run) => run.process.kill('SIGKILL')));
afterAll(() => project.remove());

const pools: [name: string, flags: string[]][] = [
  ['threads', []],
  ['forks', []],
  ['forks, one after the other', ['--no-file-parallelism']],
  ['threads, not isolated', ['--no-isolate']],
];

it.each(sample(pools))('the fixtures work in %s, and leave nothing', async (pool, flags) => {
  const run = start('run', `--pool=${pool.split(',')[0]}`, ...flags);
  await run.printed(/Tests /);
  const servers = processesBelow(run.process.pid!);
  await run.ended;
  expect(run.output).toMatch(/Tests {2}9 passed \(9\)/);
  await vi.waitFor(() => expect(servers.filter(isRunning)).toEqual([]), 90_000);
  await vi.waitFor(() => expect(serverDirectories(project.temporary)).toEqual([]), 90_000);
});

it(
  'the fixtures work in watch mode: run after run, and nothing is left between them or after a kill',
  {
    timeout: 900_000,
  },
  async () => {
    const watch = start('watch', '--pool=forks');
    expect(await runEnds(watch)).toMatch(/Tests {2}9 passed \(9\)/);
    await vi.waitFor(() => expect(serverDirectories(project.temporary)).toEqual([]), 90_000);

    await rerun(watch, 'a.test.ts', threeTests(2));
    expect(await runEnds(watch)).toContain('3 failed');
    await vi.waitFor(() => expect(serverDirectories(project.temporary)).toEqual([]), 90_000);

    await rerun(watch, 'a.test.ts', threeTests(1));
    expect(await runEnds(watch)).toContain('3 passed');

    await rerun(watch, 'a.test.ts', `apiTest(declaration)('hangs', ({ api }) => new Promise(() => api.url), 100_000)`);
    await vi.waitFor(() => expect(serverDirectories(project.temporary).length).toBeGreaterThan(1), 90_000);
    const all = processesBelow(watch.process.pid!);
    for (const pid of [watch.process.pid!, ...all]) kill(pid);
    await vi.waitFor(() => expect(all.filter(isRunning)).toEqual([]), 90_000);
    // The reapers were killed, too: the next start removes what is left.
    await removeAbandoned(project.temporary);
    expect(serverDirectories(project.temporary)).toEqual([]);
  },
);
