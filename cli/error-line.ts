import { visible } from '../errors/visible.ts';

/** An error in one line, as every command tells it. */
export function errorLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `secured-postgrest: ${visible(message.replaceAll(/\s*\n\s*/g, ' '))}`;
}
