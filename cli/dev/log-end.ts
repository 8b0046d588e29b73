const MOST_LINES = 2;
const MOST_CHARACTERS = 200;

/** The last lines of a server's log that tell of a failure, or else its last line; each shortened. */
export function logEnd(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const failures = lines.filter((line) => FAILURE.test(line));
  return (failures.length > 0 ? failures.slice(-MOST_LINES) : lines.slice(-1)).map(shorten).join('; ');
}

/** Postgres' levels and PostgREST's words. */
const FAILURE = /\b(PANIC|FATAL|ERROR|error|failed|terminated|refused)\b/;

function shorten(line: string): string {
  const text = line.trim();
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text;
}
