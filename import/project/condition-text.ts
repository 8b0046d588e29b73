import type { SqlSource } from '../../postgres/sql-source.ts';

const MOST_CHARACTERS = 90;

/** The text of a condition that may stand in the declaration itself; undefined for one that needs a file. */
export function inlineText({ sql }: SqlSource): string | undefined {
  const text = sql.trim();
  // Line breaks, and characters that a template text reads in its own way.
  const isPlain = !/[\n`\\]|\$\{/.test(text);
  return isPlain && text.length <= MOST_CHARACTERS ? text : undefined;
}
