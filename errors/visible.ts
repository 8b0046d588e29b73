/** Control characters, and such as change the direction of what follows or cannot be seen at all. */
const UNSEEN = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Text within quotes in JavaScript, with escapes in place of what cannot be seen. */
export function escapeUnseen(code: string): string {
  return code.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A text on one line, as it is read: nothing in it moves a terminal's cursor or changes the direction of what follows. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Text of several lines, each of them visible. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}
