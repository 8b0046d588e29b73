import { visible } from '../../errors/visible.ts';
import type { AccessCell, RelationAccess } from '../matrix.ts';

/**
 * A cell in a word: `–` (refused), `0`, `3 of 6` or `all 6`; `new` where a row may be added and there was none to be copied.
 */
export function cellText({ reach }: AccessCell, { rows }: RelationAccess): string {
  if ('refused' in reach) return '–';
  const reached = reach.rows.length;
  if (reached === 0) return '0';
  if (rows === 0) return 'new';
  return reached === rows ? `all ${rows}` : `${reached} of ${rows}`;
}

/** Tests if the command works, and is not declared for the role. That it reaches too many rows is not seen by this. */
export function isUndeclared({ declared, reach }: AccessCell): boolean {
  return !declared && !('refused' in reach);
}

/** `api.todos (3 rows)`, in two parts. */
export function headingOf({ schema, name, rows, truncated }: RelationAccess): readonly [name: string, size: string] {
  const size = truncated ? `the first ${rows} rows` : rows === 1 ? '1 row' : `${rows} rows`;
  return [visible(`${schema}.${name}`), size];
}
