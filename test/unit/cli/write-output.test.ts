import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeOutput } from '../../../cli/write-output.ts';
import { refusal } from '../../support/errors.ts';
import { compiled } from '../../support/compiled.ts';
import { run } from '../../support/run-cli.ts';

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'output '))));
afterAll(() => rmSync(directory, { recursive: true }));

it('writes a file and its folder, and again only what differs', () => {
  const file = join(directory, 'new/report.txt');
  writeOutput(file, 'one');
  const past = new Date('2026-01-01');
  utimesSync(file, past, past);
  writeOutput(file, 'one');
  expect(statSync(file).mtime).toEqual(past);
  writeOutput(file, 'other', [join(directory, 'missing'), undefined]);
  expect(readFileSync(file, 'utf8')).toBe('other');
});

it('does not overwrite what the command has read, by whatever name', () => {
  const input = join(directory, 'declaration.ts');
  writeFileSync(input, 'mine');
  const link = join(directory, 'link.ts');
  symlinkSync(input, link);
  for (const output of [input, link, join(directory, '.', 'declaration.ts')]) {
    const error = refusal(() => writeOutput(output, 'lost', [link]));
    expect(error).toMatchObject({ code: 'invalid_prop', place: '--output' });
    expect(error.problem).toContain('is what the command reads, and would be lost');
  }
  expect(readFileSync(input, 'utf8')).toBe('mine');
});

it('writes to a pipe without reading it', async () => {
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `"$0" "$@" --output /dev/stdout | cat`,
    process.execPath,
    compiled('cli/main.js'),
    'access',
    'map',
    'examples/todos/declaration.ts',
  ]);
  expect(stdout).toContain('todos_user');
});

it('says why a file cannot be written', () => {
  expect(refusal(() => writeOutput(directory, 'text')).message).toMatch(/^--output: .* cannot be written \(EISDIR\);/);
});

it.each([
  ['access', 'map'],
  ['access', 'diff', 'HEAD:examples/todos/declaration.ts'],
])('a command that reads a declaration does not lose it: %s %s', async (...command) => {
  const text = readFileSync('examples/todos/declaration.ts', 'utf8');
  const { stderr } = await run(
    ...command,
    'examples/todos/declaration.ts',
    '--output',
    'examples/todos/declaration.ts',
  );
  expect(stderr).toMatch(/is what the command reads, and would be lost; name another file \[invalid_prop\]\n$/);
  expect(readFileSync('examples/todos/declaration.ts', 'utf8')).toBe(text);
});
