import { expect, it } from 'vitest';
import { both, either, phraseWords, type Phrase } from '../../../../access/picture/words/phrase.ts';
import { conditionParts } from '../../../../access/picture/words/condition-parts.ts';

const own: Phrase = [{ own: ['user_id'] }];
const published: Phrase = [{ where: ['published'] }];
const ofTenant: Phrase = [{ of: ['their tenant'] }];

it.each([
  ['all rows', 'all'],
  ['no rows', both('none', own)],
  ['own rows (user_id), or rows where published', either(own, published)],
  ['own rows (user_id) of their tenant', both(ofTenant, both('all', own))],
  ['rows of their tenant where published and (a or b)', both(both(ofTenant, published), [{ where: ['a or b'] }])],
  ['rows where published or a', either(published, [{ where: ['a'] }])],
  ['all rows, if their claim role is admin', [{ given: ['their claim role is admin'] }]],
  ['own rows (user_id)', either(own, own)],
  ['all rows', either(own, 'all')],
] satisfies [string, Phrase][])('a rule reads "%s"', (words, phrase) => {
  expect(phraseWords(phrase)).toBe(words);
});

it('a condition falls apart at its outermost operator, whatever its texts and brackets hold', () => {
  expect(conditionParts(`((a = ') OR (') OR (b AND (c OR d)) OR e)`, 'OR')).toEqual([
    `a = ') OR ('`,
    'b AND (c OR d)',
    'e',
  ]);
  expect(conditionParts('(a) AND (b)', 'AND')).toEqual(['a', 'b']);
});
