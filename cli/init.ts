import type { Command } from 'commander';
import { declare } from '../declaration/declare.ts';
import { projectFiles } from './init/project-files.ts';
import { writeProject } from './init/write-project.ts';
import { nameFrom } from './name-from.ts';

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
  writeProject(directory, projectFiles(name));
}
