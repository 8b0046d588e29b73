import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { checkError } from '../../support/access/access-case.ts';
import { tokenAnswers, type TokenAnswers } from '../../support/answers.ts';
import { read } from '../../support/docs/markdown.ts';

const [, section = ''] = read('docs/hostile-input.md').split('### Answers by version\n');
const [table = ''] = section.trim().split('\n\n');
const [, , ...rows] = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));

/** Such as `wrongSignature` for "wrong signature". */
const keyOf = (label: string) =>
  label.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase()) as keyof TokenAnswers;

function checkCell(cell: string, version: string, label: string): void {
  const [, status, code, message = ''] = /^(\d+) (\w+) `(.*)`$/.exec(cell)!;
  const answer = { ...tokenAnswers(version)[keyOf(label)], details: null };
  assert.equal(Number(status), answer.status);
  checkError({ code, message: message.replace('…', 'x'), details: null }, answer, label);
}

describe('docs/hostile-input.md says what each version answers, as the tests of these versions assert it:', () => {
  it.each(rows.map(([, label = '', before = '', after = '']) => ({ label, before, after })))(
    '$label',
    ({ label, before, after }) => {
      checkCell(before, '12.0.2', label);
      for (const version of ['14.17', '16.2']) checkCell(after, version, label);
    },
  );

  it('every answer, but for a signature that is cut, which is wrong or badly encoded', () => {
    const labels = rows.map(([, label = '']) => keyOf(label));
    expect([...labels, 'badSignature'].sort()).toEqual(Object.keys(tokenAnswers('16.2')).sort());
  });
});
