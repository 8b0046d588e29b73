import { expect, test } from 'vitest';
import { scoreOf, type Judged } from '../../../bench/audit/score.ts';

const judged: readonly Judged[] = [
  { id: 'found', grade: 'open', reported: true },
  { id: 'missed', grade: 'open', reported: false },
  { id: 'slow', grade: 'slow', reported: true },
  { id: 'false-alarm', grade: 'closed', reported: true },
  { id: 'silent', grade: 'fine', reported: false },
];

test('precision counts false alarms, and recall counts what was missed', () => {
  expect(scoreOf(judged)).toEqual({
    precision: 2 / 3,
    recall: 2 / 3,
    found: 2,
    missed: ['missed'],
    falseAlarms: ['false-alarm'],
  });
});

test('each topic counts its own grade against the same harmless databases', () => {
  expect(scoreOf(judged, 'exposure')).toMatchObject({ precision: 1 / 2, recall: 1 / 2 });
  expect(scoreOf(judged, 'speed')).toMatchObject({ precision: 1 / 2, recall: 1 });
});

test('a linter that reports nothing has no precision', () => {
  expect(scoreOf([{ id: 'fine', grade: 'fine', reported: false }])).toMatchObject({ precision: null, recall: null });
});
