import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sqlFile } from '../../declaration/read-sql.ts';
import type { SqlSource } from '../../declaration/types.ts';
import { checkSource } from '../check-source.ts';

/** The seed that is named, or else the `seed.sql` beside the declaration, if there is one. */
export function readSeed(declarationFile: string, seedFile: string | undefined): SqlSource[] {
  const file = seedFile ?? join(dirname(declarationFile), 'seed.sql');
  if (seedFile === undefined && !existsSync(file)) return [];
  checkSource(file);
  return [sqlFile(file)];
}
