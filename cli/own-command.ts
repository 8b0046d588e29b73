import { basename, relative } from 'node:path';
import { shellWord } from '../errors/shell-word.ts';

/** Words that call this command line where it runs: its file in a clone of this project, its name in others. */
export function ownCommand(program: string = process.argv[1] ?? ''): string {
  return basename(program) === 'main.ts'
    ? `npx tsx ${shellWord(relative(process.cwd(), program))}`
    : 'npx secured-postgrest';
}
