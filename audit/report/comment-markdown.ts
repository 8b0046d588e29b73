import { visible } from '../../errors/visible.ts';

/** Length of a comment that GitHub takes (65,536 characters), with room to spare. */
export const MAX_COMMENT = 60_000;

const MAX_NAME = 200;

/** Texts, one a line, as long as there is room, and how many there was none for. */
export function limited(texts: readonly string[], room: number, more = (rest: number) => `${rest} more`): string {
  const taken: string[] = [];
  let left = room;
  for (const text of texts) {
    left -= text.length + 1;
    if (left < 0) break;
    taken.push(text);
  }
  const rest = texts.length - taken.length;
  return [...taken, ...(rest === 0 || taken.length === 0 ? [] : [more(rest)])].join('\n');
}

/** Content that is shown on a click. */
export function folded(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;
}

/** A block whose end is longer than every row of backticks in it. */
export function fence(language: string, text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((row) => row.length));
  const mark = '`'.repeat(longest + 1);
  return `${mark}${language}\n${text}\n${mark}`;
}

/**
 * A name as code. Within the element, GitHub and GitLab look for no mention, no issue and no address; written as numbers,
 * characters have no meaning in Markdown, nor in a table.
 */
export function code(name: string): string {
  return `<code>${cut(name).replace(/[!-/:-@[-`{-~]/g, (character) => `&#${character.charCodeAt(0)};`)}</code>`;
}

/** A text on one line, of some length at most. */
export function cut(text: string, most = MAX_NAME): string {
  const characters = [...visible(text)];
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most).join('')}…`;
}
