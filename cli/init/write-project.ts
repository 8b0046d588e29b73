import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { shellWord } from '../../errors/shell-word.ts';

/**
 * Writes the files of a new project and prints their paths, and what to run next.
 *
 * @param files texts by path
 * @throws SecuredPostgrestError `file_exists`; then no file is written
 */
export function writeProject(directory: string, files: Readonly<Record<string, string>>): void {
  const texts = Object.entries(files).map(([file, text]) => ({ path: join(directory, file), text }));
  checkFree(directory, Object.keys(files));
  for (const { path, text } of texts) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
    console.log(path);
  }
  const enter = directory === '.' ? '' : `cd ${shellWord(directory)} && `;
  console.log(`\nnext:\n  ${enter}npm install\n  npm test\n  npm start`);
}

/** @throws SecuredPostgrestError `file_exists` */
export function checkFree(directory: string, files: readonly string[]): void {
  if (existsSync(directory) && !statSync(directory).isDirectory()) {
    refuse('file_exists', directory, 'it is a file', 'name a directory');
  }
  const existing = files.map((file) => join(directory, file)).filter((path) => existsSync(path));
  if (existing.length === 0) return;
  const problem = `${existing.join(', ')} would be overwritten`;
  refuse('file_exists', directory, problem, 'name a new directory, or move them away');
}
