import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { declare } from '../declaration/declare.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { shellWord } from '../errors/shell-word.ts';
import { projectFiles, type OwnPackage } from './init/project-files.ts';

export function addInitCommand(program: Command): void {
  program
    .command('init')
    .description('write a new project that runs: a declaration, a migration, a test and a deployment')
    .argument('[directory]', 'where; it is made if it is missing', '.')
    .option('--name <name>', 'name of the declaration (default: from the directory)')
    .action(init);
}

function init(directory: string, { name = nameFrom(directory) }: { readonly name?: string }): void {
  declare({ name, schemas: ['api'], roles: { users: [`${name}_user`] } });
  const own = createRequire(import.meta.url)('cdktf-secured-postgrest/package.json') as OwnPackage;
  const files = Object.entries(projectFiles(name, own)).map(([file, text]) => ({ path: join(directory, file), text }));
  const existing = files.filter(({ path }) => existsSync(path));
  if (existing.length > 0) {
    const paths = existing.map(({ path }) => path).join(', ');
    refuse('file_exists', directory, `${paths} would be overwritten`, 'name a new directory, or move them away');
  }
  for (const { path, text } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
    console.log(path);
  }
  const enter = directory === '.' ? '' : `cd ${shellWord(directory)} && `;
  console.log(`\nnext:\n  ${enter}npm install\n  npm test\n  npm start`);
}

/** A directory's name as the name of a declaration, such as `my_notes` for `~/My Notes`. */
function nameFrom(directory: string): string {
  const name = basename(resolve(directory))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^[_0-9]+|_+$/g, '');
  if (name !== '') return name;
  refuse('invalid_name', directory, 'no name can be made of the directory', 'give one with --name');
}
