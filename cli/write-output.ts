import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { visible } from '../errors/visible.ts';

/**
 * Writes the file that `--output` names, and the folder that it is in.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function writeOutput(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
    refuse(
      'invalid_prop',
      '--output',
      `${visible(file)} can not be written (${code})`,
      'name a file that you may write',
    );
  }
}
