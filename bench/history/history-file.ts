import { appendFileSync, readFileSync } from 'node:fs';
import { runShape, type HistoryRun } from './run.ts';

/** One run a line, the oldest first. */
export const HISTORY = new URL('../history.jsonl', import.meta.url);

export function readHistory(file: URL = HISTORY): readonly HistoryRun[] {
  return parseHistory(readFileSync(file, 'utf8'));
}

/** @throws Error that names the line of a run that is malformed, or older than the one before it */
export function parseHistory(text: string): readonly HistoryRun[] {
  const runs: HistoryRun[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const run = parseRun(line, index + 1);
    const before = runs.at(-1);
    if (before && Date.parse(run.date) < Date.parse(before.date)) {
      throw new Error(`history, line ${index + 1}: ${run.date} is before ${before.date}, the date of the line above`);
    }
    runs.push(run);
  }
  return runs;
}

function parseRun(line: string, number: number): HistoryRun {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new Error(`history, line ${number}: it is not JSON (${(cause as Error).message})`, { cause });
  }
  const parsed = runShape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues as unknown as [{ path: PropertyKey[]; message: string }];
  throw new Error(`history, line ${number}: ${path.map(String).join('.') || 'the run'}: ${message}`);
}

export function appendRun(run: HistoryRun, file: URL = HISTORY): void {
  appendFileSync(file, `${JSON.stringify(runShape.parse(run))}\n`);
}
