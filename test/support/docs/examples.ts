import { readdirSync, readFileSync } from 'node:fs';
import { rooms } from '../../../scripts/rooms.mjs';
import type { Snippet } from './type-check.ts';
import { root } from './markdown.ts';

/** The `@example`s of the sources' doc comments. */
export function examples(): Snippet[] {
  return rooms.flatMap((room) =>
    readdirSync(`${root}${room}`, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => examplesOf(`${room}/${name}`)),
  );
}

function examplesOf(file: string): Snippet[] {
  const source = readFileSync(`${root}${file}`, 'utf8');
  const exported = [...source.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)].map(
    ([, name = '']) => name,
  );
  return [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(({ 0: comment, index }) => {
    const text = comment.replaceAll(/^ *\/?\*+\/? ?/gm, '');
    return [...text.matchAll(/^@example\n([\s\S]*?)(?=^@\w|$(?![\s\S]))/gm)].map(([, example = '']) => ({
      place: `${file}:${source.slice(0, index).split('\n').length}`,
      file,
      exported,
      text: example.trim(),
    }));
  });
}
