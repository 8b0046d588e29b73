import { basename } from 'node:path';
import { migrationsFrom, sqlFile } from '../../declaration/read-sql.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';

/** The source of an import. */
export type ImportSource =
  /** A directory of migrations, in the order of their names, in which numbers count by their value. */
  | { readonly migrations: string }
  /** Files that pg_dump and pg_dumpall wrote as plain SQL. */
  | { readonly dumps: readonly string[] }
  /** A database, which is only read. */
  | { readonly database: DatabaseConnection };

/** A source that is made of files. */
export type FileSource = Exclude<ImportSource, { readonly database: unknown }>;

/** Reads the files of a source. @throws SecuredPostgrestError `unreadable_sql` */
export function readSource(source: FileSource): SqlSource[] {
  if ('dumps' in source) return source.dumps.map(sqlFile);
  const migrations = migrationsFrom(source.migrations);
  if (migrations.length === 0) {
    refuse('unreadable_sql', source.migrations, 'no file in it ends with .sql', 'name the directory of the migrations');
  }
  return migrations;
}

/** A name for what is imported, for people. */
export function sourceName(source: ImportSource): string {
  if ('database' in source) return `the database ${source.database.database}`;
  return 'dumps' in source ? source.dumps.map((file) => basename(file)).join(', ') : basename(source.migrations);
}
