/** An error in one line, as every command tells it. */
export function errorLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `secured-postgrest: ${message.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/\p{Cc}/gu, '')}`;
}
