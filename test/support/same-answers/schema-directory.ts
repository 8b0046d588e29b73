import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileSource } from '../../../import/files/import-source.ts';
import type { ImportOptions } from '../../../import/project/choices.ts';

/**
 * A schema in a directory: migrations in `migrations/`, or else its SQL files as one dump in the order of their names.
 * `options.json` may hold options of the import.
 */
export function schemaIn(directory: string): { readonly source: FileSource; readonly options: Partial<ImportOptions> } {
  const [migrations, options] = [join(directory, 'migrations'), join(directory, 'options.json')];
  const dumps = readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => join(directory, file));
  return {
    source: existsSync(migrations) ? { migrations } : { dumps },
    options: existsSync(options) ? (JSON.parse(readFileSync(options, 'utf8')) as Partial<ImportOptions>) : {},
  };
}
