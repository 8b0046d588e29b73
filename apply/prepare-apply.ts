import { desiredAccess } from '../compile/access.ts';
import type { Declaration } from '../declaration/types.ts';
import { loadParser } from '../postgres/parse-sql.ts';

/** Does what applying a declaration begins with, as far as it needs no database, while the caller waits for one. */
export async function prepareApply(declaration: Declaration): Promise<void> {
  await loadParser();
  // The result is cached by declaration. The run itself reports errors.
  try {
    desiredAccess(declaration);
  } catch {
    // See above.
  }
}
