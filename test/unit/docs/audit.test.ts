import { expect, it } from 'vitest';
import { ANYWHERE_RULES } from '../../../audit/anywhere/rules/index.ts';
import { readAccepted } from '../../../audit/accepted-findings/read-accepted.ts';
import { columnObject, relationObject } from '../../../audit/finding-object.ts';
import { run } from '../../../audit/fix.ts';
import { LEVELS } from '../../../audit/finding.ts';
import { reportText } from '../../../audit/report/report-text.ts';
import { scoresOf } from '../../../audit/report/scores.ts';
import { FORMATS } from '../../../cli/audit/formats.ts';
import { sampleReport } from '../../support/audit/sample-report.ts';
import { codeBlocks, read } from '../../support/docs/markdown.ts';

const PAGE = 'docs/audit.md';
const blocks = (language: string) => codeBlocks(PAGE).filter((block) => block.language === language);

/** First column of the table under a heading. */
function firstColumn(heading: string): string[] {
  const [, section = ''] = read(PAGE).split(`\n${heading}\n`);
  const [table = ''] = /^\|[^]*?(?=\n\n)/m.exec(section) ?? [];
  return table.split('\n').map((row) => row.split('|')[1]!.trim());
}

it('docs/audit.md shows the report as it is', () => {
  const report = sampleReport({
    docs: undefined,
    server: { version: 180_007 },
    rules: ANYWHERE_RULES,
    entries: [],
    scope: {
      schemas: ['api'],
      roles: ['anon', 'user'],
      anonymous: 'anon',
      authenticator: 'authenticator',
      foundBy:
        "the anonymous role by PostgREST's settings in the database, the roles by the authenticator's memberships, the schemas by PostgREST's settings in the database",
    },
    findings: [
      {
        rule: 'rls_disabled',
        level: 'error',
        topic: 'exposure',
        object: relationObject({ schema: 'api', name: 'todos' }),
        problem: 'has no row security: anon may select every row',
        fix: run('ALTER TABLE "api"."todos" ENABLE ROW LEVEL SECURITY'),
      },
      {
        rule: 'policy_column_not_indexed',
        level: 'warning',
        topic: 'speed',
        object: columnObject({ schema: 'api', name: 'notes' }, 'user_id'),
        problem: 'is compared by policy own and has no index',
        fix: run('CREATE INDEX ON "api"."notes" ("user_id")'),
      },
    ],
  });
  expect(blocks('text').map(({ text }) => text)).toEqual([reportText(report)]);
});

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
