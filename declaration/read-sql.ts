import { channel } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { basename, join, relative } from 'node:path';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { includeFiles } from './include-files.ts';
import { compareMigrations } from './migration-order.ts';
import type { SqlSource } from './types.ts';

/** Diagnostics channel with the path of each SQL file and directory that any copy of this package reads. */
export const SQL_READS = 'cdktf-secured-postgrest.sql-reads';

const reads = channel(SQL_READS);

/**
 * Reads one SQL file, for a policy of your own.
 *
 * @example
 * custom({ to: 'todos_user', using: sqlFile(new URL('policies/own.sql', import.meta.url)) });
 *
 * @throws SecuredPostgrestError `unreadable_sql`
 */
export function sqlFile(path: string | URL): SqlSource {
  const file = toPath(path);
  return { file: shown(file), sql: read(file) };
}

/**
 * Reads a directory of migrations: every `.sql` file in it, to be run once each in the order of their names, in which
 * numbers count by their value. Files that a migration includes with `\ir` or `\i` become a part of it.
 *
 * @example
 * declare({
 *   name: 'todos',
 *   schemas: ['api'],
 *   roles: { users: ['todos_user'] },
 *   migrations: migrationsFrom(new URL('migrations', import.meta.url)),
 * });
 *
 * @throws SecuredPostgrestError `unreadable_sql`
 */
export function migrationsFrom(directory: string | URL): SqlSource[] {
  const path = toPath(directory);
  reads.publish(path);
  let names: string[];
  try {
    names = readdirSync(path).filter((name) => name.endsWith('.sql'));
  } catch (error) {
    refuse(
      'unreadable_sql',
      shown(path),
      `the directory cannot be read (${(error as Error).message})`,
      'check the path',
      error,
    );
  }
  // Known by name alone: where the checkout lies must not make a migration another one.
  return names
    .sort(compareMigrations)
    .map((name) =>
      includeFiles({ file: `${basename(path)}/${name}`, sql: read(join(path, name)) }, join(path, name), read),
    );
}

function read(file: string): string {
  reads.publish(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    refuse(
      'unreadable_sql',
      shown(file),
      `the file cannot be read as UTF-8 text (${(error as Error).message})`,
      error instanceof TypeError ? 'save it as UTF-8' : 'check the path',
      error,
    );
  }
}

function toPath(path: string | URL): string {
  return path instanceof URL ? fileURLToPath(path) : path;
}

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}
