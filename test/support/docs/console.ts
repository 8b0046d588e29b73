import { codeBlocks } from './markdown.ts';

/** The commands of a page's console blocks, each with its output. */
export function consoleCommands(page: string): { place: string; command: string; output: string }[] {
  return codeBlocks(page)
    .filter(({ language }) => language === 'console')
    .flatMap(({ place, text }) =>
      text
        .split(/^\$ /m)
        .slice(1)
        .map((part) => {
          const [command = '', ...output] = part.split('\n');
          return { place, command, output: output.join('\n') };
        }),
    );
}

/** The name of a key, wherever it stands. */
export const KID = /(?<![\w-])[\w-]{43}(?![\w-])/g;

/** Keys, tokens and times are others each time. */
export function withoutChance(text: string): string {
  return text
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(KID, 'KEY');
}
