import type { Command } from 'commander';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { addConnectionOptions } from './connection.ts';
import { loadDeclaration } from './load-declaration.ts';
import { commandConnection, givenConnection } from './named-connection.ts';
import { namedSources, type NamedSources } from './named-sources.ts';
import { parseNames } from './parse-names.ts';
import { namesOf, typesOfDatabase, typesOfDeclaration } from './types/types-of.ts';
import { TYPES_HEADER } from './types/typescript.ts';
import { contentOf, refuseOutput, writeOutput } from './write-output.ts';

interface Options {
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
    .argument('[database]', 'postgresql://user@host:5432/name (default: that of the declaration, or DATABASE_URL)')
    .option('--output <file>', 'where to; it is overwritten (default: standard output)')
    .option('--schemas <names>', 'exposed schemas, with commas (default: those of the declaration)', parseNames)
    .action(async (one: string | undefined, other: string | undefined, options: Options) => {
      const sources = namedSources([one, other], { place: 'gen types' });
      const types = await typesOf(sources, options, command);
      if (options.output === undefined) process.stdout.write(types);
      else writeTypes(options.output, types, sources.file);
    });
  addConnectionOptions(command, 'any role that may connect');
}

/** Types of a database that runs, where one is named, and otherwise of the one that the declaration makes. */
async function typesOf({ file, uri }: NamedSources, { schemas }: Options, command: Command): Promise<string> {
  if (file !== undefined && schemas !== undefined) {
    refuse('invalid_prop', '--schemas', 'the declaration names the schemas', 'leave out one of the two');
  }
  if (file !== undefined) {
    const connection = givenConnection(command, uri);
    const declaration = await loadDeclaration(file);
    return connection ? typesOfDatabase(connection, namesOf(declaration)) : typesOfDeclaration(declaration);
  }
  const connection = commandConnection(command, { uri, orDeclaration: true });
  if (schemas === undefined || schemas.length === 0) {
    const fix = 'name them, or a declaration that does';
    refuse('invalid_prop', '--schemas', 'it is not said which schemas are exposed', fix);
  }
  return typesOfDatabase(connection, { schemas });
}

/** Overwrites only what this command has written. */
function writeTypes(output: string, types: string, file: string | undefined): void {
  const present = contentOf(output) ?? '';
  if (present.trim() !== '' && !present.includes(TYPES_HEADER)) {
    refuseOutput(output, 'is not of this command, and would be lost', 'name another file, or move it away');
  }
  writeOutput(output, types, [file]);
}
