import { dirname, join, posix, resolve } from 'node:path';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { beginOfIncluded, endOfIncluded, placeIn } from '../postgres/place-in.ts';
import { readPsqlScript } from '../postgres/psql-script.ts';
import type { SqlSource } from './types.ts';

const COMMANDS: readonly string[] = ['i', 'include', 'ir', 'include_relative'];

/**
 * Puts the text of included files in place of psql's commands `\i` and `\ir`. Paths are relative to the file with the
 * command.
 *
 * @param path of the file on this machine
 * @param read reads an included file
 * @throws SecuredPostgrestError `invalid_sql` if a file includes itself, and the errors of `read`
 */
export function includeFiles(source: SqlSource, path: string, read: (path: string) => string): SqlSource {
  return { ...source, sql: expand(source, [resolve(path)], read) };
}

function expand(source: SqlSource, paths: readonly string[], read: (path: string) => string): string {
  const { file, sql } = source;
  const parts: string[] = [];
  let kept = 0;
  for (const { name, argument, offset, length } of readPsqlScript(sql).commands) {
    if (!COMMANDS.includes(name)) continue;
    const given = argument.replace(/^(['"])(.*)\1$/, '$2');
    const path = join(dirname(paths[0]!), given);
    if (paths.includes(resolve(path))) {
      refuse('invalid_sql', placeIn(source, offset), `"${given}" includes itself`, 'remove one of the includes');
    }
    const included = { file: posix.join(posix.dirname(file), given), sql: read(path) };
    const text = expand(included, [resolve(path), ...paths], read);
    parts.push(sql.slice(kept, offset), beginOfIncluded(included.file), text, endOfIncluded(included.file));
    kept = offset + length;
  }
  return [...parts, sql.slice(kept)].join('');
}
