import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measuredCommit } from '../../../../bench/history/measured-commit.ts';
import { temporaryDirectory } from '../../../support/synth.ts';

function repository(): { directory: string; git: (...args: string[]) => string } {
  const directory = temporaryDirectory();
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', directory, ...identity, ...args], { encoding: 'utf8' }).trim();
  git('init', '--quiet');
  writeFileSync(join(directory, 'file'), 'first');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
  return { directory, git };
}

it('is the last commit of a clean tree', () => {
  const { directory, git } = repository();
  expect(measuredCommit(directory)).toBe(git('rev-parse', '--short=7', 'HEAD'));
});

it.each([
  ['changed', 'file'],
  ['new', 'another file'],
])('rejects a tree with a %s file, and names it', (_, name) => {
  const { directory } = repository();
  writeFileSync(join(directory, name), 'second');
  expect(() => measuredCommit(directory)).toThrow(name);
});
