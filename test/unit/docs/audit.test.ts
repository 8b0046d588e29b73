import { expect, it } from 'vitest';
import { readAccepted } from '../../../audit/accepted-findings/read-accepted.ts';
import { LEVELS } from '../../../audit/finding.ts';
import { scoresOf } from '../../../audit/report/scores.ts';
import { FORMATS } from '../../../cli/audit/formats.ts';
import { codeBlocks, read } from '../../support/docs/markdown.ts';

const PAGE = 'docs/audit.md';
const blocks = (language: string) => codeBlocks(PAGE).filter((block) => block.language === language);

/** First column of the table under a heading. */
function firstColumn(heading: string): string[] {
  const [, section = ''] = read(PAGE).split(`\n${heading}\n`);
  const [table = ''] = /^\|[^]*?(?=\n\n)/m.exec(section) ?? [];
  return table.split('\n').map((row) => row.split('|')[1]!.trim());
}

it('docs/audit.md explains every format and level', () => {
  expect(firstColumn('## Formats').slice(2)).toEqual(Object.keys(FORMATS).map((name) => `\`${name}\``));
  expect(firstColumn('## Levels').slice(2)).toEqual(LEVELS.map((name) => `\`${name}\``));
});

it('docs/audit.md shows a file of accepted findings that is right', () => {
  const [block] = blocks('json');
  expect(readAccepted(block!.text, 'audit-accepted.json', ['public_rows', 'definer_trusts_caller'])).toHaveLength(2);
});

it('docs/audit.md counts scores as they are', () => {
  const value = (level: 'error' | 'warning') => scoresOf([{ rule: 'a', level, topic: 'exposure' }]).exposure.value;
  expect(read(PAGE)).toContain(`One error makes ${value('error')}, and one warning ${value('warning')}.`);
});
