import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Declaration } from '../../declaration/types.ts';
import { visible } from '../../errors/visible.ts';
import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { loadDeclaration } from '../load-declaration.ts';

/** A file of a commit, as git writes it. */
export interface FileAt {
  readonly revision: string;
  /** From the top of the repository, or beginning with `./` or `../` from the current directory. */
  readonly path: string;
}

/** The parts of `HEAD~1:declaration.ts`; undefined for a text that is none, such as a path. */
export function parseFileAt(text: string): FileAt | undefined {
  if (existsSync(text)) return undefined;
  const [, revision, path] = /^([^:]+):([^\\].*)$/.exec(text) ?? [];
  return revision === undefined || path === undefined ? undefined : { revision, path };
}

/**
 * Loads a declaration as it was at a commit, with all files of that commit, and the packages that are installed now.
 *
 * @throws SecuredPostgrestError `unknown_commit`, and what loading a declaration throws
 */
export async function declarationAt({ revision, path }: FileAt): Promise<Declaration> {
  const place = `${visible(revision)}:${visible(path)}`;
  const git = (args: readonly string[], { index }: { index?: string } = {}) =>
    runGit(args, { place, env: index === undefined ? {} : { GIT_INDEX_FILE: index } });
  const top = git(['rev-parse', '--show-toplevel']);
  const commit = git(['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`]);
  const file = /^\.\.?\//.test(path) ? join(git(['rev-parse', '--show-prefix']), path) : path;
  git(['cat-file', '-e', `${commit}:${file}`]);
  const directory = mkdtempSync(join(tmpdir(), 'secured-postgrest-commit-'));
  const tree = join(directory, 'tree');
  try {
    const index = join(directory, 'index');
    git(['-C', top, 'read-tree', commit], { index });
    git(['-C', top, 'checkout-index', '--all', '--quiet', `--prefix=${tree}/`], { index });
    linkPackages(top, tree, file);
    return await loadDeclaration(join(tree, file));
  } catch (error) {
    if (!(error instanceof SecuredPostgrestError)) throw error;
    // The user knows the commit, and not the directory.
    const shown = (text: string) => text.replaceAll(`${tree}/`, `${visible(revision)}:`);
    return refuse(error.code, shown(error.place), shown(error.problem), error.fix, error);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Packages are not part of a commit. Those beside the file, and above it, are linked where they are found. */
function linkPackages(top: string, tree: string, file: string): void {
  for (let path = dirname(file); ; path = dirname(path)) {
    const packages = join(top, path, 'node_modules');
    const link = join(tree, path, 'node_modules');
    if (existsSync(packages) && !existsSync(link)) {
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(packages, link, 'junction');
    }
    if (path === '.') return;
  }
}

function runGit(args: readonly string[], { place, env }: { place: string; env: NodeJS.ProcessEnv }): string {
  try {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    return execFileSync('git', args, { encoding: 'utf8', env: { ...process.env, ...env }, stdio }).trim();
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string; stderr?: string };
    const reason = code === 'ENOENT' ? 'the program git is not found' : (stderr.trim().split('\n').at(-1) ?? '');
    return refuse(
      'unknown_commit',
      place,
      `git does not find it (${visible(reason)})`,
      'write it as git does, such as HEAD~1:declaration.ts, within the repository',
      error,
    );
  }
}
