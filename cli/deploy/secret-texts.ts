import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Shorter lines and values are none of our secrets, and hiding them would make a log unreadable. */
const LEAST_CHARACTERS = 16;

/**
 * Texts that must not be shown: what secret files hold, as a whole, and their longer lines and JSON values.
 *
 * @param paths files, and directories with all that is below them; one that is not there holds nothing
 */
export function secretTexts(paths: readonly string[]): string[] {
  const texts = new Set(paths.flatMap(filesBelow).flatMap(textsOf));
  texts.delete('');
  // A text may be part of a longer one.
  return [...texts].sort((a, b) => b.length - a.length);
}

function filesBelow(path: string): string[] {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status?.isDirectory()) return status?.isFile() ? [path] : [];
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name)));
}

function textsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').trim();
  return [text, ...[...text.split('\n'), ...stringsIn(text)].filter(({ length }) => length >= LEAST_CHARACTERS)];
}

function stringsIn(json: string): string[] {
  const found: string[] = [];
  try {
    JSON.parse(json, (_, value: unknown) => {
      if (typeof value === 'string') found.push(value);
    });
  } catch {
    // It is no JSON.
  }
  return found;
}
