import type { SqlSource } from '../../postgres/sql-source.ts';
import { visible } from '../../errors/visible.ts';

const MOST_CHARACTERS = 90;

/** The text of a condition that may stand in the declaration itself; undefined for one that needs a file. */
export function inlineText({ sql }: SqlSource): string | undefined {
  const text = sql.trim();
  // Line breaks and characters that cannot be seen, and those that a template text reads in its own way.
  const isPlain = visible(text) === text && !/[`\\]|\$\{/.test(text);
  return isPlain && text.length <= MOST_CHARACTERS ? text : undefined;
}
