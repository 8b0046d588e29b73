import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pages } from '../../../scripts/pages.mjs';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A fenced block of a page. */
export interface CodeBlock {
  /** `docs/page.md:12`, the line on which its text begins. */
  readonly place: string;
  readonly page: string;
  readonly language: string;
  readonly text: string;
  /** The heading above it. */
  readonly heading?: string;
  /** The file that its first line, a comment, says it is. */
  readonly file?: string;
}

export { pages };

export function read(page: string): string {
  return readFileSync(`${root}${page}`, 'utf8');
}

/** The fenced blocks of a page, in order. */
export function codeBlocks(page: string): CodeBlock[] {
  const text = read(page);
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: code = '', index }) => {
    const line = text.slice(0, index).split('\n').length + 1;
    const file = /^(?:\/\/|--) (\S+\.(?:ts|sql))\n/.exec(code)?.[1];
    const heading = [...withoutBlocks(text.slice(0, index)).matchAll(/^#+ (.+)$/gm)].at(-1)?.[1];
    return {
      ...{ place: `${page}:${line}`, page, language, text: code },
      ...(heading !== undefined && { heading }),
      ...(file !== undefined && { file }),
    };
  });
}

/** The lines of the shell blocks under a heading. */
export function shellLines(page: string, heading: string): string[] {
  const lines = codeBlocks(page)
    .filter((block) => block.language === 'sh' && block.heading === heading)
    .flatMap(({ text }) => text.trim().split('\n'));
  if (lines.length === 0) throw new Error(`${page} has no commands under "${heading}"`);
  return lines;
}

/** The rows of the table that is the first one under a heading, without the rows of its head. */
export function tableUnder(page: string, heading: string): string[][] {
  const [, section] = prose(page).split(new RegExp(`^#+ ${heading}$`, 'm'));
  const table = /^\|(.*\n\|)*.*$/m.exec(section ?? '')?.[0];
  if (table === undefined) throw new Error(`${page} has no table under "${heading}"`);
  const rows = table.split('\n').slice(2);
  return rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
}

/** The blocks of every page in one language. */
export function allBlocks(...languages: readonly string[]): CodeBlock[] {
  return pages.flatMap(codeBlocks).filter(({ language }) => languages.includes(language));
}

/** A page without its fenced blocks. */
export function prose(page: string): string {
  return withoutBlocks(read(page));
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '');
}
