import { shellWord } from '../../errors/shell-word.ts';

/** A command for keys, as a shell takes it. */
export function keysCommand(action: string, options: readonly string[] = []): string {
  return `npx secured-postgrest keys ${[action, ...options].map(shellWord).join(' ')}`;
}
