import { visible } from '../errors/visible.ts';

/** Fields of an error of the operating system, or of Postgres. */
interface ForeignError extends Error {
  readonly code?: string;
  readonly path?: string;
  readonly syscall?: string;
  readonly severity?: string;
}

/** An error in one line, as every command tells it. */
export function errorLine(error: unknown): string {
  const message = error instanceof Error ? withCode(error) : String(error);
  return `secured-postgrest: ${visible(message.replaceAll(/\s*\n\s*/g, ' '))}`;
}

/** An error of commander about arguments, in the same form. */
export function usageLine(text: string): string {
  return errorLine(
    `${text
      .replace(/^error: /, '')
      .trim()
      .replace(/\.$/, '')}; see --help [invalid_usage]`,
  );
}

/** The message of an error, with place and code where the system or Postgres made the error. */
function withCode({ message, code, path, severity, syscall = '' }: ForeignError): string {
  if (path !== undefined && code !== undefined) {
    if (syscall.startsWith('spawn')) return `${path}: it cannot be started; install it, or correct its path [${code}]`;
    const [, problem = message] = /^\w+: (.*?),/.exec(message) ?? [];
    return `${path}: ${problem}; check the path and its permissions [${code}]`;
  }
  return severity !== undefined && code !== undefined ? `the database: ${message} [${code}]` : message;
}
