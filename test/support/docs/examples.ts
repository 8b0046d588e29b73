import { readdirSync, readFileSync } from 'node:fs';
import type { Snippet } from './type-check.ts';
import { root } from './markdown.ts';

const folders = ['apply', 'client', 'constructs', 'declaration', 'ephemeral', 'jwt', 'service'];

/** The `@example`s of the sources' doc comments. */
export function examples(): Snippet[] {
  return folders.flatMap((folder) =>
    readdirSync(`${root}${folder}`)
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => examplesOf(`${folder}/${name}`)),
  );
}

function examplesOf(file: string): Snippet[] {
  const source = readFileSync(`${root}${file}`, 'utf8');
  return [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(({ 0: comment, index }) => {
    const text = comment.replaceAll(/^ *\/?\*+\/? ?/gm, '');
    return [...text.matchAll(/^@example\n([\s\S]*?)(?=^@\w|$(?![\s\S]))/gm)].map(([, example = '']) => ({
      place: `${file}:${source.slice(0, index).split('\n').length}`,
      text: example.trim(),
    }));
  });
}
