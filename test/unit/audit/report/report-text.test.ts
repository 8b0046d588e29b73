import { expect, it } from 'vitest';
import { reportText } from '../../../../audit/report/report-text.ts';
import { cleanReport, hostileReport, sampleReport } from '../../../support/audit/sample-report.ts';

const linesOf = (text: string) => text.trimEnd().split('\n');

it('groups findings by level and rule, with the statements of their fixes', () => {
  expect(reportText(sampleReport())).toMatchInlineSnapshot(`
    "audit of todos, PostgreSQL 18.4
      schemas: api
      roles: anon, user
      anonymous: anon
      authenticator: authenticator
      found by PostgREST’s settings in the database

    Errors (1)

    rls_disabled
      A grant on a table without row security shows every row.
      https://docs.example/docs/audit-rules.md#rls_disabled
      - api.todos is granted to anon without row security
        fix: enable it, and write a policy
          ALTER TABLE "api"."todos" ENABLE ROW LEVEL SECURITY;
          CREATE POLICY own ON "api"."todos" USING (user_id = (SELECT auth.uid()));

    Warnings (2)

    missing_index
      A policy compares the column in each query. Without an index, each query reads
      the whole table.
      https://docs.example/docs/audit-rules.md#missing_index
      - api.todos.user_id is compared by a policy and has no index
        fix: create one that begins with "user_id"
          CREATE INDEX ON "api"."todos" ("user_id");

    search_path_not_set
      A function without \`search_path\` finds the objects of the caller. The caller
      can put [others] in their {place}.
      https://docs.example/docs/audit-rules.md#search_path_not_set
      - api.add(integer) runs with its owner’s rights and with the search path of
        the caller
        fix: ALTER FUNCTION "api"."add"(integer) SET search_path = '', and name
        objects with their schemas
          ALTER FUNCTION "api"."add"(integer) SET search_path = '';
        tried: the fix works: the finding was gone, and no new one came

    Infos (1)

    truncate_granted
      No request of PostgREST truncates a table.
      https://docs.example/docs/audit-rules.md#truncate_granted
      - api.todos grants TRUNCATE to anon
          REVOKE TRUNCATE ON "api"."todos" FROM "anon";

    Accepted (1)

      - error: rls_disabled: api.countries until 2027-01-31: public list

    the acceptance of missing_index, api.todos.user_id, ended with 2026-10-31: the
    finding counts again
    the acceptance of rls_disabled, table api.gone, names no finding: remove the
    entry
    exposure: 70 of 100 (points: rls_disabled 1.00, search_path_not_set 0.20)
    speed: 94 of 100 (points: missing_index 0.20)
    failed: 1 error, 2 warnings, 1 info, 1 accepted
    "
  `);
});

it('says that nothing was found', () => {
  const lines = linesOf(reportText(cleanReport()));
  expect(lines.slice(-3)).toEqual(['exposure: 100 of 100', 'speed: 100 of 100', 'passed: nothing found']);
});

it('ends with a summary that tells what fails', () => {
  const last = (failOn: 'warning' | 'info' | 'never') => linesOf(reportText(sampleReport({ failOn }))).at(-1);
  expect(last('warning')).toBe('failed: 1 error, 2 warnings, 1 info, 1 accepted (--fail-on warning)');
  expect(last('never')).toBe('passed: 1 error, 2 warnings, 1 info, 1 accepted (--fail-on never)');
});

it('fits into 80 columns, but for statements and long words', () => {
  const long = linesOf(reportText(sampleReport())).filter((line) => line.length > 80);
  expect(long.filter((line) => !line.startsWith('      '))).toEqual([]);
});

it('colors the headings of levels only where a terminal shows colors', () => {
  const colored = reportText(sampleReport(), { color: true });
  expect(colored).toContain('\u001b[31mErrors (1)\u001b[0m');
  // eslint-disable-next-line no-control-regex
  expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe(reportText(sampleReport()));
});

it('shows hostile names without what moves the cursor or turns the direction', () => {
  const text = reportText(hostileReport());
  // eslint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2066-\u2069\ufeff]/);
  expect(text).toContain('\\u{1b}[31m\\u{0}\\u{202e}');
  expect(linesOf(text).at(-1)).toBe('failed: 1 error, 1 warning, 1 info, 1 accepted');
});
