import type { Command } from 'commander';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { visible } from '../errors/visible.ts';
import { CONNECTION_OPTIONS } from './connection.ts';
import { SCOPE_OPTIONS } from './scope-options.ts';

/**
 * Rejects options of a database where a command reads a declaration: a user would believe that the database was read.
 *
 * @param more further options that only a database has
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function refuseDatabaseOptions(command: Command, file: string, more: readonly string[] = []): void {
  const names: readonly string[] = [...CONNECTION_OPTIONS, ...SCOPE_OPTIONS, ...more];
  const given = command.options
    .filter((option) => names.includes(option.attributeName()))
    .find((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
  if (!given) return;
  const problem = `it is an option for a database, and ${visible(file)} is a declaration`;
  refuse(
    'invalid_prop',
    given.long!,
    problem,
    'name a database, such as postgresql://user@host:5432/name, or leave it out',
  );
}
