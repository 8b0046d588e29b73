import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runIn } from '../../../support/access/run-in.ts';
import { compiled } from '../../../support/compiled.ts';
import { useCluster, type TestDatabase } from '../../../support/database.ts';
import { teams } from '../../../support/prove/teams.ts';

const cluster = useCluster();
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'access-prove-'));
  for (const state of ['leaking', 'mended'] as const) write(`${state}.json`, teams(state));
});
afterAll(() => rmSync(directory, { recursive: true }));

const write = (file: string, content: unknown) => writeFileSync(join(directory, file), JSON.stringify(content));
const run = (args: readonly string[], environment?: Readonly<Record<string, string>>) =>
  runIn(directory, compiled('cli/main.js'), ['access', 'prove', ...args], environment);

it('exits with 2 where there is a leak, shows the request, and writes a test for each', async () => {
  const { code, stdout, stderr } = await run(['leaking.json', '--write-tests', 'tests']);
  expect(code).toBe(2);
  expect(stdout).toMatch(/teams_api\.files\n(?: {2}.+\n)*? {2}tenant-isolation +leak\n/);
  expect(stdout).toContain('request: delete by table teams_api.files');
  expect(stdout).toMatch(/\n\d+ of \d+ proven, 4 leaks, 0 not modelled, in /);
  const written = readdirSync(join(directory, 'tests')).sort();
  expect(written).toEqual(
    ['delete', 'insert', 'select', 'update'].map((command) => `tenant-isolation-files-${command}-teams-member.test.ts`),
  );
  for (const file of written) {
    expect(stderr).toContain(`${file}: fails until the declaration is mended`);
    expect(readFileSync(join(directory, 'tests', file), 'utf8')).toContain(`from "../leaking.json"`);
  }
});

it('exits with 0 where all is proven, and writes no test', async () => {
  const { code, stdout, stderr } = await run(['mended.json', '--format', 'json', '--write-tests', 'none']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ replayed: true, totals: { leak: 0, 'not modelled': 0 } });
  expect(existsSync(join(directory, 'none'))).toBe(false);
});

it('exits with 2 for what is not modelled only with --fail-on not-modelled', async () => {
  write('properties.json', [
    {
      ...{ name: 'lengths', words: 'titles have a length' },
      roles: 'teams_member',
      table: 'docs',
      commands: 'select',
      only: 'length(title) >= 0',
    },
  ]);
  const args = ['mended.json', '--properties', 'properties.json', '--format', 'json'];
  const [open, failed] = [await run(args), await run([...args, '--fail-on', 'not-modelled'])];
  expect(open.code).toBe(0);
  expect(failed.code).toBe(2);
  const { judgements } = JSON.parse(failed.stdout) as { judgements: readonly { property: string }[] };
  expect(judgements.find(({ property }) => property === 'lengths')).toMatchObject({
    status: 'not modelled',
    pieces: ['function length'],
  });
});

it('names the package to install where z3-solver is missing', async () => {
  const hook = `export function resolve(name, context, next) {
    if (name !== 'z3-solver') return next(name, context);
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  }`;
  const file = join(directory, 'without-z3.mjs');
  const data = `data:text/javascript,${encodeURIComponent(hook)}`;
  writeFileSync(file, `import { register } from 'node:module'; register(${JSON.stringify(data)});`);
  const options = `${process.env['NODE_OPTIONS'] ?? ''} --import=${pathToFileURL(file).href}`;
  const { code, stdout, stderr } = await run(['mended.json'], { NODE_OPTIONS: options });
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('npm install --save-dev z3-solver');
  expect(stderr).toContain('[missing_package]');
});

it('rejects --write-tests without a declaration', async () => {
  const { code, stderr } = await run(['postgresql://admin@127.0.0.1:1/app', '--write-tests', 'tests-of-database']);
  expect(code).toBe(1);
  expect(stderr).toContain('--write-tests: a test needs a declaration to start');
  expect(existsSync(join(directory, 'tests-of-database'))).toBe(false);
});

it.each([
  { option: '--format', value: 'html' },
  { option: '--fail-on', value: 'proven' },
  { option: '--attack', value: 'soon' },
])('rejects $option $value', async ({ option, value }) => {
  const { code, stderr } = await run(['mended.json', option, value]);
  expect(code).toBe(1);
  expect(stderr).toContain(`'${value}' is invalid`);
});

it('reads a database by its URI, with its scope, and replays only with --replay', async () => {
  const database = await cluster.database();
  await database.sql(`CREATE ROLE seen; CREATE ROLE unseen; CREATE SCHEMA open; CREATE SCHEMA closed;
    GRANT USAGE ON SCHEMA open, closed TO seen, unseen;
    CREATE TABLE open.notes (id int PRIMARY KEY, body text); CREATE TABLE closed.notes (id int PRIMARY KEY);
    GRANT SELECT ON open.notes, closed.notes TO seen, unseen`);
  write('nothing.json', [
    {
      ...{ name: 'closed', words: 'nobody reads a note' },
      roles: 'seen',
      table: 'notes',
      commands: 'select',
      only: 'false',
    },
  ]);
  const proveIt = (...args: string[]) =>
    run([uriOf(database), '--schemas', 'open', '--roles', 'seen', '--properties', 'nothing.json', ...args], {
      PGPASSWORD: database.superuser.password,
    });
  const [claimed, replayed] = [await proveIt(), await proveIt('--replay', '--format', 'json')];
  expect(claimed.code).toBe(2);
  expect(claimed.stdout).toMatch(/open\.notes\n {2}closed +leak, not replayed\n/);
  expect(replayed.code).toBe(2);
  const { judgements, ...report } = JSON.parse(replayed.stdout) as { judgements: readonly { property: string }[] };
  expect(report).toMatchObject({ replayed: true });
  expect(judgements.find(({ property }) => property === 'closed')).toMatchObject({
    ...{ status: 'leak', schema: 'open', table: 'notes', role: 'seen' },
    counterexample: { role: 'seen', request: { way: 'table', name: 'notes', command: 'select' } },
  });
});

const uriOf = ({ superuser: { host, port, database, user } }: TestDatabase) =>
  `postgresql://${user}@${host}:${port}/${database}`;
