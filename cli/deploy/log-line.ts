import { hideTexts } from '../../errors/hide-texts.ts';

const LINE_CHARACTERS = 500;

/** A line of a server's log, fit for a terminal and without secrets. */
export function shownLine(source: string, line: string, hidden: readonly string[]): string {
  const shown = hideTexts(line, hidden)
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, LINE_CHARACTERS);
  return `${source} | ${shown}`;
}
