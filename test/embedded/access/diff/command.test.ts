import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseFileAt } from '../../../../cli/access/declaration-at.ts';
import { publicRows } from '../../../../declaration/index.ts';
import { compiled } from '../../../support/compiled.ts';
import { desk } from '../../../support/access/diff-changes.ts';
import { runIn } from '../../../support/access/run-in.ts';

let directory: string;
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: directory });
const write = (change?: Parameters<typeof desk>[1], file = 'desk.json') =>
  writeFileSync(join(directory, file), JSON.stringify(desk('desk', change)));
const run = (...args: string[]) => runIn(directory, compiled('cli/main.js'), ['access', 'diff', ...args]);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'access-diff-'));
  git('init', '--quiet');
  write();
  git('add', '.');
  git('commit', '--quiet', '-m', 'first');
  write((parts) => {
    const [grant] = parts.notes.grants!;
    parts.notes = { ...parts.notes, grants: [{ ...grant!, select: ['id', 'user_id', 'body', 'public'] }] };
  });
  git('add', '.');
  git('commit', '--quiet', '-m', 'second');
});
afterAll(() => rmSync(directory, { recursive: true }));

it('compares a commit with the present file, and exits with 2 where access grows', async () => {
  const { code, stdout } = await run('HEAD~1:desk.json', '--format', 'json');
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    format: 1,
    failed: true,
    before: 'HEAD~1:desk.json',
    after: 'desk.json',
    changes: [
      {
        role: 'desk_user',
        object: { kind: 'table', schema: 'api', name: 'notes' },
        command: 'select',
        grade: 'wider',
        reasons: ['gains the column public'],
      },
    ],
  });
});

it('compares two commits, the other way round: nothing grows', async () => {
  const { code, stdout } = await run('HEAD:desk.json', 'HEAD~1:desk.json');
  expect(code).toBe(0);
  expect(stdout).toContain('Narrower (1)');
  expect(stdout).toContain('loses the column public');
});

it('sends the row that a change opens to the databases of both declarations', async () => {
  const change: Parameters<typeof desk>[1] = (parts) => {
    const open = publicRows({ to: parts.role('user'), for: 'select', where: { public: true } });
    parts.notes = { ...parts.notes, policies: [...parts.notes.policies!, open] };
  };
  write(undefined, 'own.json');
  write(change, 'public.json');
  const { code, stdout } = await run('own.json', 'public.json', '--format', 'json');
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ changes: [{ grade: 'wider', opened: { replay: 'confirmed' } }] });
});

it('rejects a commit that git does not find', async () => {
  const { code, stderr } = await run('nothing:desk.json');
  expect(code).toBe(1);
  expect(stderr).toContain('[unknown_commit]');
});

it.each([
  ['HEAD~1:declaration.ts', { revision: 'HEAD~1', path: 'declaration.ts' }],
  ['main:./a/b.ts', { revision: 'main', path: './a/b.ts' }],
  ['declaration.ts', undefined],
  ['C:\\declaration.ts', undefined],
])('reads %s', (text, expected) => {
  expect(parseFileAt(text)).toEqual(expected);
});
