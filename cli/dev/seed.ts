import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sqlFile } from '../../apply/read-sql.ts';
import type { SqlSource } from '../../declaration/types.ts';

/** The seed that is named, or else the `seed.sql` beside the declaration, if there is one. */
export function readSeed(declarationFile: string, seedFile: string | undefined): SqlSource[] {
  if (seedFile !== undefined) return [sqlFile(seedFile)];
  const file = join(dirname(declarationFile), 'seed.sql');
  return existsSync(file) ? [sqlFile(file)] : [];
}
