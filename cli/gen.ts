import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { apiRoles } from '../declaration/roles.ts';
import type { Declaration } from '../declaration/types.ts';
import { startEphemeralPostgrest } from '../testing/index.ts';
import { loadDeclaration } from './load-declaration.ts';
import { readDatabase } from './types/read-database.ts';
import { typeScript } from './types/typescript.ts';

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

/** Applies the declaration to an empty database, and writes the types of what is there then. */
async function typesOf(declaration: Declaration): Promise<string> {
  await using environment = await startEphemeralPostgrest(declaration);
  const { schemas, internalSchemas } = declaration;
  const database = await readDatabase(
    (text, values) => environment.sql(text, values),
    [...schemas, ...internalSchemas],
  );
  return typeScript(database, {
    schemas,
    internalSchemas,
    roles: apiRoles(declaration).map(({ name }) => name),
    postgrestVersion: declaration.server.version,
  });
}
