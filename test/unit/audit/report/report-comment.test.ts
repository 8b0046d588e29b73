import { describe, expect, it } from 'vitest';
import { relationObject } from '../../../../audit/finding-object.ts';
import { run } from '../../../../audit/fix.ts';
import { commentMarker, reportComment } from '../../../../audit/report/report-comment.ts';
import type { ReportedFinding } from '../../../../audit/report/audit-report.ts';
import { cleanReport, hostileReport, sampleReport } from '../../../support/audit/sample-report.ts';

/** The comment without its blocks of code, in which nothing has a meaning. */
function outsideOfBlocks(comment: string): string {
  const lines: string[] = [];
  let end: string | undefined;
  for (const line of comment.split('\n')) {
    const fence = /^(`{3,})(\w*)$/.exec(line);
    if (end === undefined && fence) end = fence[1];
    else if (end === undefined) lines.push(line);
    else if (fence && fence[1]!.length >= end.length && fence[2] === '') end = undefined;
  }
  expect(end).toBeUndefined();
  return lines.join('\n');
}

const manyFindings = (count: number, problem = 'is granted'): ReportedFinding[] =>
  Array.from({ length: count }, (_, index) => ({
    rule: `rule_${index % 50}`,
    level: 'warning',
    topic: 'exposure',
    object: relationObject({ schema: 'api', name: `table_${index}` }),
    problem,
    fix: run(`REVOKE ALL ON "api"."table_${index}" FROM PUBLIC`),
  }));

describe('the comment of a pull request', () => {
  it('has a summary, a table and folded details', () => {
    expect(reportComment(sampleReport())).toMatchInlineSnapshot(`
      "<!-- secured-postgrest audit of todos -->

      ### Audit of <code>todos</code>: 1 error, 2 warnings, 1 info, 1 accepted

      exposure **70** of 100, speed **94** of 100, PostgreSQL 18.4

      | level | rule | objects |
      | --- | --- | --- |
      | error | [rls_disabled](https://docs.example/docs/audit-rules.md#rls_disabled) | <code>api&#46;todos</code> |
      | warning | [missing_index](https://docs.example/docs/audit-rules.md#missing_index) | <code>api&#46;todos&#46;user&#95;id</code> |
      | warning | [search_path_not_set](https://docs.example/docs/audit-rules.md#search_path_not_set) | <code>api&#46;add&#40;integer&#41;</code> |
      | info | [truncate_granted](https://docs.example/docs/audit-rules.md#truncate_granted) | <code>api&#46;todos</code> |

      <details><summary>error: rls_disabled, 1 finding</summary>

      A grant on a table without row security shows every row.

      \`\`\`sql
      -- api.todos is granted to anon without row security
      -- fix: enable it, and write a policy
      ALTER TABLE "api"."todos" ENABLE ROW LEVEL SECURITY;
      CREATE POLICY own ON "api"."todos" USING (user_id = (SELECT auth.uid()));
      \`\`\`

      </details>

      <details><summary>warning: missing_index, 1 finding</summary>

      A policy compares the column in each query. Without an index, each query reads the whole table.

      \`\`\`sql
      -- api.todos.user_id is compared by a policy and has no index
      -- fix: create one that begins with "user_id"
      CREATE INDEX ON "api"."todos" ("user_id");
      \`\`\`

      </details>

      <details><summary>warning: search_path_not_set, 1 finding</summary>

      A function without \`search_path\` finds the objects of the caller. The caller can put [others] in their {place}.

      \`\`\`sql
      -- api.add(integer) runs with its owner’s rights and with the search path of the caller
      -- fix: ALTER FUNCTION "api"."add"(integer) SET search_path = '', and name objects with their schemas
      -- tried: the fix works: the finding was gone, and no new one came
      ALTER FUNCTION "api"."add"(integer) SET search_path = '';
      \`\`\`

      </details>

      <details><summary>info: truncate_granted, 1 finding</summary>

      No request of PostgREST truncates a table.

      \`\`\`sql
      -- api.todos grants TRUNCATE to anon
      -- fix: REVOKE TRUNCATE ON "api"."todos" FROM "anon"
      REVOKE TRUNCATE ON "api"."todos" FROM "anon";
      \`\`\`

      </details>

      <details><summary>accepted findings that have changed</summary>

      \`\`\`text
      the acceptance of missing_index, api.todos.user_id, ended with 2026-10-31: the finding counts again
      the acceptance of rls_disabled, table api.gone, names no finding: remove the entry
      \`\`\`

      </details>

      <details><summary>1 accepted</summary>

      \`\`\`text
      rls_disabled: api.countries is granted to anon without row security (decide who may read it) until 2027-01-31: public list
      \`\`\`

      </details>
      "
    `);
  });

  it('says that nothing was found, without a table', () => {
    const comment = reportComment(cleanReport());
    expect(comment).toContain('### Audit of <code>todos</code>: nothing found\n');
    expect(comment).not.toContain('|');
  });

  it('begins with a mark by which a bot finds it again', () => {
    expect(reportComment(sampleReport()).split('\n')[0]).toBe(commentMarker('todos'));
    expect(commentMarker('a--b -->')).toBe('<!-- secured-postgrest audit of a%2D%2Db%20%2D%2D%3E -->');
  });

  it.each([
    ['many findings', manyFindings(5_000)],
    ['long texts', manyFindings(300, 'x'.repeat(10_000))],
    ['names that take many characters', manyFindings(300, '|'.repeat(10_000))],
    [
      'a long statement',
      manyFindings(3).map((finding) => ({ ...finding, fix: { text: 'replace it', sql: ['x'.repeat(70_000)] } })),
    ],
  ])('has at most 60,000 characters with %s', (_, findings) => {
    const comment = reportComment(sampleReport({ findings }));
    expect(comment.length).toBeLessThanOrEqual(60_000);
    expect(comment).toContain('<details>');
    expect(comment.match(/<details>/g)).toHaveLength(comment.match(/<\/details>/g)!.length);
    outsideOfBlocks(comment);
  });

  it('tells what it has no room for, and never shortens a statement', () => {
    const many = reportComment(sampleReport({ findings: manyFindings(5_000) }));
    expect(many).toContain('The comment has no room for more details.');
    const long = manyFindings(1).map((finding) => ({ ...finding, fix: { text: 'x', sql: ['y'.repeat(70_000)] } }));
    const comment = reportComment(sampleReport({ findings: long }));
    expect(comment).toContain('-- the full report has the statements');
    expect(comment).not.toContain('yy');
  });

  it('keeps hostile names in code, where they have no meaning', () => {
    const outside = outsideOfBlocks(reportComment(hostileReport()));
    const [marker, ...rest] = outside.split('\n');
    expect(marker).toMatch(/^<!-- [^<>]*(?<!-) -->$/);
    const text = rest.join('\n').replaceAll(/<code>[\w &#;￿]*<\/code>/g, 'NAME');
    expect(text).not.toMatch(/alert|team|evil|amp;/);
    expect(text.match(/^\| \w+ \| .* \| NAME \|$/gm)).toHaveLength(3);
    expect([...new Set(text.match(/<[^>]*>/g))].sort()).toEqual(['</details>', '</summary>', '<details>', '<summary>']);
  });
});
