import { existsSync, readFileSync, statSync } from 'node:fs';
import type { AcceptedEntry } from '../../audit/accepted-findings/accepted-entry.ts';
import { readAccepted } from '../../audit/accepted-findings/read-accepted.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { checkSource } from '../check-source.ts';

/** File that the command reads where none is named. */
export const ACCEPTED_FILE = 'audit-accepted.json';

/**
 * Reads the file of accepted findings: the named one, or the usual one if there is one.
 *
 * @throws SecuredPostgrestError `invalid_accepted`, `unsafe_directory`
 */
export function readAcceptedFile(named: string | undefined, rules: readonly string[]): AcceptedEntry[] {
  const file = named ?? ACCEPTED_FILE;
  if (!existsSync(file)) {
    if (named === undefined) return [];
    refuse('invalid_accepted', file, 'there is no such file', 'check the path, or leave --accepted out');
  }
  if (statSync(file).isDirectory()) refuse('invalid_accepted', file, 'it is a directory', 'name a file in it');
  checkSource(file);
  return readAccepted(readFileSync(file, 'utf8'), file, rules);
}
