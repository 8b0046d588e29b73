import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { nextMigration } from './migration/next-migration.ts';

export function addMigrationCommand(program: Command): void {
  program
    .command('migration')
    .description('write migrations')
    .command('new')
    .description('make an empty migration, numbered as those in the directory are')
    .argument('<name>', 'what it does, such as add_tags')
    .option('--directory <path>', 'where the migrations are', 'migrations')
    .action((name: string, { directory }: { readonly directory: string }) => {
      const slug = name
        .toLowerCase()
        .replaceAll(/[^\p{Letter}\p{Number}]+/gu, '_')
        .replaceAll(/^_+|_+$/g, '');
      if (slug === '')
        refuse('invalid_name', 'name', `"${name}" has no letter or digit`, 'say what the migration does');
      mkdirSync(directory, { recursive: true });
      const path = join(directory, nextMigration(readdirSync(directory), slug, new Date()));
      writeFileSync(path, `-- ${name.replaceAll(/\s+/g, ' ')}\n`, { flag: 'wx' });
      console.log(path);
    });
}
