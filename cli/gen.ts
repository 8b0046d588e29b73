import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { addConnectionOptions, givenConnection, type ConnectionOptions } from './connection.ts';
import { loadDeclaration } from './load-declaration.ts';
import { parseNames } from './parse-names.ts';
import { namesOf, typesOfDatabase, typesOfDeclaration } from './types/types-of.ts';

interface Options extends Partial<ConnectionOptions> {
  readonly output?: string;
  readonly schemas?: readonly string[];
}

export function addGenCommand(program: Command): void {
  const command = program
    .command('gen')
    .description('write files from a declaration or a database')
    .command('types')
    .description('write TypeScript types: for @supabase/postgrest-js, and for names in the declaration')
    .argument('[declaration]', 'module or JSON file with the declaration')
    .option('--output <file>', 'where to; it is overwritten (default: standard output)')
    .option('--schemas <names>', 'exposed schemas, with commas (default: those of the declaration)', parseNames)
    .action(async (file: string | undefined, options: Options) => {
      const types = await typesOf(file, options);
      if (options.output === undefined) process.stdout.write(types);
      else writeChanged(options.output, types);
    });
  addConnectionOptions(command, 'any role that may connect', false);
}

/** Types of a database that runs, where one is named, and otherwise of the one that the declaration makes. */
async function typesOf(file: string | undefined, options: Options): Promise<string> {
  const { schemas } = options;
  const connection = givenConnection(options);
  if (file !== undefined && schemas !== undefined) {
    refuse('invalid_prop', '--schemas', 'the declaration names the schemas', 'leave out one of the two');
  }
  if (file !== undefined) {
    const declaration = await loadDeclaration(file);
    return connection ? typesOfDatabase(connection, namesOf(declaration)) : typesOfDeclaration(declaration);
  }
  if (connection === undefined) {
    const fix = 'name a declaration, or a database with --host';
    refuse('invalid_prop', 'gen types', 'it is not said what to read', fix);
  }
  if (schemas === undefined || schemas.length === 0) {
    const fix = 'name them, or a declaration that does';
    refuse('invalid_prop', '--schemas', 'it is not said which schemas are exposed', fix);
  }
  return typesOfDatabase(connection, { schemas });
}

/** A file that stays as it is keeps its time, by which other programs know what to do again. */
function writeChanged(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
