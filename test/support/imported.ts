import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importSchema, type ImportedProject, type ImportSchemaOptions } from '../../import/import-schema.ts';

/** Imports SQL texts as a directory of migrations. */
export async function importMigrations(
  files: Readonly<Record<string, string>>,
  options: Partial<ImportSchemaOptions> = {},
): Promise<ImportedProject> {
  const directory = mkdtempSync(join(tmpdir(), 'import-'));
  try {
    const migrations = join(directory, 'migrations');
    mkdirSync(migrations);
    for (const [name, sql] of Object.entries(files)) writeFileSync(join(migrations, name), sql);
    return await importSchema({ migrations }, { name: 'shop', ...options });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Imports a text as a dump. */
export async function importDump(sql: string, options: Partial<ImportSchemaOptions> = {}): Promise<ImportedProject> {
  const directory = mkdtempSync(join(tmpdir(), 'import-'));
  try {
    const dump = join(directory, 'shop.sql');
    writeFileSync(dump, sql);
    return await importSchema({ dumps: [dump] }, { name: 'shop', ...options });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The policies of a table as they are declared. */
export function policiesOf({ declaration }: ImportedProject, table: string) {
  const found = declaration.tables.find(({ name }) => name === table);
  return (found?.policies ?? []).map(({ input }) => input);
}

/** Objects that the report names for a reason. */
export function noted({ notes }: ImportedProject, reason: string): string[] {
  return notes.filter((note) => note.reason === reason).map(({ object }) => object);
}
