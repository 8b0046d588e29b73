import { refuse } from '../errors/secured-postgrest-error.ts';
import { placeIn } from './place-in.ts';
import type { PsqlCommand } from './psql-script.ts';
import type { SqlSource } from './sql-source.ts';

/** Commands that change nothing in a database. `pg_dump` writes `\restrict` and `\unrestrict`. */
const WITHOUT_EFFECT: readonly string[] = ['restrict', 'unrestrict', 'echo', 'qecho', 'warn', 'timing', 'pset', 'x'];

/** Variables of psql that only decide what psql shows, and when it stops: a deploy always stops at the first error. */
const VARIABLES = /^(ON_ERROR_STOP|ON_ERROR_ROLLBACK|QUIET|ECHO|ECHO_HIDDEN|VERBOSITY|SHOW_CONTEXT)\b/;

const FIXES: Readonly<Record<string, string>> = {
  i: 'read the file with migrationsFrom or sqlFile, which include it',
  include: 'read the file with migrationsFrom or sqlFile, which include it',
  ir: 'read the file with migrationsFrom or sqlFile, which include it',
  include_relative: 'read the file with migrationsFrom or sqlFile, which include it',
  c: 'remove it, and what belongs to another database or user: a deploy is one session of its own',
  connect: 'remove it, and what belongs to another database or user: a deploy is one session of its own',
  copy: 'write COPY … FROM stdin; and the lines of data behind it, up to a line with \\.',
  '.': 'remove it, or write COPY … FROM stdin; on one line before the data',
  set: 'write the value where the variable is used',
  encoding: 'remove it, and save the file as UTF-8',
};

/**
 * Rejects commands that only psql can run.
 *
 * @throws SecuredPostgrestError `invalid_sql`
 */
export function checkCommands(source: SqlSource, commands: readonly PsqlCommand[]): void {
  for (const { name, argument, offset } of commands) {
    if (WITHOUT_EFFECT.includes(name)) continue;
    if (name === 'set' && VARIABLES.test(argument)) continue;
    if (name === 'encoding' && /^'?utf-?8'?$/i.test(argument)) continue;
    refuse(
      'invalid_sql',
      placeIn(source, offset),
      `"\\${name}" is a command of psql`,
      FIXES[name] ?? 'remove it, and write SQL in its place',
    );
  }
}
