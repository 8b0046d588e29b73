import { visible } from '../../errors/visible.ts';

/** A text as code in Markdown, whatever it contains: it is longer-fenced than any run of backticks in it. */
export function codeSpan(text: string): string {
  const shown = visible(text);
  const runs = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...runs.map(({ length }) => length)) + 1);
  // A backtick beside the fence would be part of it.
  const pad = /^`|`$/.test(shown) ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** A text in Markdown: as it is where no character of it means anything there, or else as code. */
export function plainText(text: string): string {
  return /^[\w \p{L}.,:;()'"/–-]*$/u.test(text) ? text : codeSpan(text);
}
