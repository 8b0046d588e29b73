import { describe, expect, it } from 'vitest';
import { comparedSources } from '../../../cli/named-sources.ts';
import { refusal } from '../../support/errors.ts';

const uri = 'postgresql://ann@localhost/todos';

describe('a declaration and a database to compare', () => {
  const place = 'diff';
  const sources = (...given: string[]) => comparedSources(given, { declaration: undefined, place });

  it('are told apart in either order, and the declaration may be an option', () => {
    const both = { file: 'declaration.ts', uri };
    expect(sources('declaration.ts', uri)).toEqual(both);
    expect(sources(uri, 'declaration.ts')).toEqual(both);
    expect(comparedSources([uri, undefined], { declaration: 'declaration.ts', place })).toEqual(both);
    expect(sources('declaration.ts')).toEqual({ file: 'declaration.ts', uri: undefined });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['no declaration', () => sources(uri), /^diff: it is not said which declaration; give its file/],
    ['two declarations', () => sources('a.ts', 'b.ts'), /^diff: a.ts and b.ts are two declarations; name one/],
    [
      'two databases',
      () => comparedSources([uri, uri], { declaration: 'a.ts', place }),
      /^diff: two databases are named/,
    ],
    [
      'a declaration twice',
      () => comparedSources(['a.ts'], { declaration: 'b.ts', place }),
      /^diff: a.ts and b.ts are two declarations/,
    ],
  ])('%s is an error', (_, work, message) => {
    expect(refusal(work)).toMatchObject({ code: 'invalid_prop', message: expect.stringMatching(message) as string });
  });
});
