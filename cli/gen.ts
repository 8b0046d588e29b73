import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { loadDeclaration } from './load-declaration.ts';
import { typesOf } from './types/types-of.ts';

export function addGenCommand(program: Command): void {
  program
    .command('gen')
    .description('write files from a declaration')
    .command('types')
    .description('write TypeScript types: for @supabase/postgrest-js, and for names in the declaration')
    .argument('<declaration>', 'module or JSON file with the declaration')
    .option('--output <file>', 'where to; it is overwritten (default: standard output)')
    .action(async (file: string, { output }: { readonly output?: string }) => {
      const types = await typesOf(await loadDeclaration(file));
      if (output === undefined) process.stdout.write(types);
      else if (!existsSync(output) || readFileSync(output, 'utf8') !== types) writeFileSync(output, types);
    });
}
