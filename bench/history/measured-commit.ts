import { execFileSync } from 'node:child_process';

/**
 * The commit that is measured, as a short hash.
 *
 * @throws Error if a file of the project differs from it: figures would belong to no commit
 */
export function measuredCommit(directory: string): string {
  const git = (...args: string[]) => execFileSync('git', ['-C', directory, ...args], { encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain').split('\n').filter(Boolean);
  if (changed.length > 0) {
    const names = changed.slice(0, 5).map((line) => line.trim().replace(/^\S+\s+/, ''));
    const rest = changed.length > names.length ? `, and ${changed.length - names.length} more` : '';
    throw new Error(`the history is of commits, and these files differ from the last one: ${names.join(', ')}${rest}`);
  }
  return git('rev-parse', '--short=7', 'HEAD');
}
