import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';

/** The source of an import. */
export type ImportSource =
  /** A directory of migrations, in the order of their names. */
  | { readonly migrations: string }
  /** Files that pg_dump and pg_dumpall wrote as plain SQL. */
  | { readonly dumps: readonly string[] }
  /** A database, which is only read. */
  | { readonly database: DatabaseConnection };

/** A source that is made of files. */
export type FileSource = Exclude<ImportSource, { readonly database: unknown }>;

/** Reads the files of a source. @throws SecuredPostgrestError `unreadable_sql` */
export function readSource(source: FileSource): SqlSource[] {
  if ('dumps' in source) return source.dumps.map((file) => ({ file, sql: readText(file) }));
  const names = namesIn(source.migrations);
  if (names.length === 0) {
    refuse('unreadable_sql', source.migrations, 'no file in it ends with .sql', 'name the directory of the migrations');
  }
  return names.map((name) => ({ file: join(source.migrations, name), sql: readText(join(source.migrations, name)) }));
}

/** A name for what is imported, for people. */
export function sourceName(source: ImportSource): string {
  if ('database' in source) return `the database ${source.database.database}`;
  return 'dumps' in source ? source.dumps.map((file) => basename(file)).join(', ') : basename(source.migrations);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.sql'))
      .sort();
  } catch (error) {
    refuse(
      'unreadable_sql',
      directory,
      `the directory can not be read (${(error as Error).message})`,
      'check the path',
      error,
    );
  }
}

function readText(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    const problem = `the file can not be read as UTF-8 text (${(error as Error).message})`;
    refuse(
      'unreadable_sql',
      file,
      problem,
      'write the dump as plain SQL in UTF-8: pg_dump --format=plain --encoding=UTF8',
      error,
    );
  }
}
