import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { ImportSource } from '../import/files/import-source.ts';
import { importSchema } from '../import/import-schema.ts';
import type { PresetName } from '../import/presets/presets.ts';
import type { ComparedAccess } from '../import/report/report-file.ts';
import { addConnectionOptions } from './connection.ts';
import { isUri } from './database-uri.ts';
import { createProgress } from './dev/progress.ts';
import { frameFiles } from './init/project-files.ts';
import { checkFree, writeProject } from './init/write-project.ts';
import { nameFrom } from './name-from.ts';
import { commandConnection, DATABASE_FIX, givenConnection } from './named-connection.ts';
import { DATABASE_ARGUMENT } from './named-sources.ts';
import { parseNames } from './parse-names.ts';

interface Options {
  readonly migrations?: string;
  readonly dump?: string[];
  readonly name?: string;
  readonly schemas?: readonly string[];
  readonly anonymous?: string;
  readonly preset?: PresetName;
}

export function addImportCommand(program: Command): void {
  const command = program
    .command('import')
    .description('write a project from a schema that exists: its declaration, migrations, a test and a report')
    .argument('<directory>', 'where; it is made if it is missing')
    .argument('[database]', DATABASE_ARGUMENT)
    .option('--migrations <directory>', 'the SQL files of the schema, in the order of their names')
    .option('--dump <file...>', 'plain SQL of pg_dump --schema-only, and of pg_dumpall --roles-only')
    .option('--name <name>', 'name of the declaration (default: from the directory)')
    .option(
      '--schemas <names>',
      'exposed schemas, with commas (default: those that PostgREST is set to, or a guess)',
      parseNames,
    )
    .option('--anonymous <role>', 'role of requests without a token (default: that PostgREST is set to, or a guess)')
    .addOption(
      new Option('--preset <name>', 'platform of the schema (default: found out)').choices(['postgrest', 'supabase']),
    )
    .action(runImport);
  addConnectionOptions(command, 'a role that may read every object, such as its owner');
}

async function runImport(
  directory: string,
  uri: string | undefined,
  options: Options,
  command: Command,
): Promise<void> {
  if (isUri(directory)) {
    refuse(
      'invalid_prop',
      'import',
      'a URI is no directory',
      'name the directory first: import <directory> [database]',
    );
  }
  const { name = nameFrom(directory) } = options;
  const frame = frameFiles(name);
  checkFree(directory, [...Object.keys(frame), 'declaration.ts']);
  const progress = createProgress();
  try {
    const { files, access } = await importSchema(sourceOf(uri, options, command), {
      name,
      schemas: options.schemas,
      anonymous: options.anonymous,
      preset: options.preset,
      onProgress: (step) => progress.step(step),
    });
    progress.end();
    writeProject(directory, { ...frame, ...Object.fromEntries(files) });
    console.log(`\nread ${join(directory, 'IMPORT.md')}: what was taken over, what is different, what you decide`);
    if (access.unexplained.length === 0) return;
    console.error(unexplainedLine(access));
    process.exitCode = 2;
  } finally {
    progress.end();
  }
}

function unexplainedLine({ compared, unexplained }: ComparedAccess): string {
  if (compared === 0) return `the databases were not compared: ${unexplained.join('; ')}`;
  return `${unexplained.length} of ${compared} cells differ without an explanation, such as ${unexplained[0]!}`;
}

function sourceOf(uri: string | undefined, { migrations, dump }: Options, command: Command): ImportSource {
  const database = givenConnection(command, uri);
  const named = [migrations, dump, database].filter((source) => source !== undefined);
  if (named.length > 1) {
    const fix = 'give one of --migrations, --dump and a database';
    refuse('invalid_prop', 'import', `${named.length} sources are named`, fix);
  }
  if (migrations !== undefined) return { migrations };
  if (dump !== undefined) return { dumps: dump };
  if (!database && !process.env['DATABASE_URL']) {
    const fix = `give --migrations, --dump, or ${DATABASE_FIX}`;
    refuse('invalid_prop', 'import', 'no source is named', fix);
  }
  return { database: database ?? commandConnection(command) };
}
