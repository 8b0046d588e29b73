import { missed, type Part } from './report.ts';

/** Lines that name each part that failed or did not run, and each missed target. With one of them, the command exits with 1. */
export function problemsOf(names: readonly string[], parts: readonly Part[]): string[] {
  return [
    ...parts.flatMap(({ name, failed }) => (failed === undefined ? [] : [`failed: ${name}: ${failed}`])),
    ...names.slice(parts.length).map((name) => `not run: ${name}`),
    ...missed(parts).map(({ name }) => `missed: ${name}`),
  ];
}

/** Lines that name each part that was skipped, and why. */
export function skippedIn(parts: readonly Part[]): string[] {
  return parts.flatMap(({ name, skipped }) => (skipped === undefined ? [] : [`skipped: ${name}: ${skipped}`]));
}
