/** PostgREST logs each request that was answered with an error, and then the error. */
const ACCESS = /" \d{3} (?:\d+|-) ".*"$/;

/**
 * The last lines of a log that differ by more than numbers, such as the time. The requests of those who wait for the server are left
 * out: they would be all that there is.
 */
export function lastLines(log: string, count: number): string[] {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !ACCESS.test(line));
  const newestFirst = new Map<string, string>();
  for (const line of lines.reverse()) {
    const kind = line.replaceAll(/\d+/g, '0');
    if (!newestFirst.has(kind)) newestFirst.set(kind, line);
  }
  return [...newestFirst.values()].slice(0, count).reverse();
}
