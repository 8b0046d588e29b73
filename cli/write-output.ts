import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { visible } from '../errors/visible.ts';

/**
 * Writes the file that `--output` names, and the folder that it is in. A file with the same content keeps its time, by which other
 * programs know what to do again.
 *
 * @param inputs what the command has read, of which a file is not overwritten
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function writeOutput(file: string, text: string, inputs: readonly (string | undefined)[] = []): void {
  const input = inputs.find((each) => each !== undefined && isSame(each, file));
  if (input !== undefined) refuseOutput(file, 'is what the command reads, and would be lost', 'name another file');
  try {
    if (contentOf(file) === text) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
    refuseOutput(file, `cannot be written (${code})`, 'name a file that you may write');
  }
}

/** Text of a file; undefined for what cannot be read, or is none, such as a pipe. */
export function contentOf(file: string): string | undefined {
  try {
    return statSync(file).isFile() ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** Rejects a file for `--output`. @throws SecuredPostgrestError `invalid_prop` */
export function refuseOutput(file: string, problem: string, fix: string): never {
  refuse('invalid_prop', '--output', `${visible(file)} ${problem}`, fix);
}

function isSame(one: string, other: string): boolean {
  return existsSync(one) && existsSync(other) && realpathSync(one) === realpathSync(other);
}
