import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { audit, auditCatalog } from '../../../audit/audit.ts';
import { findingLine } from '../../../audit/finding.ts';
import { ANYWHERE_RULES } from '../../../audit/anywhere/rules/index.ts';
import { docsPage, type RuleDescription } from '../../../audit/rule.ts';
import { ALL_RULES, RULES } from '../../../audit/rules/index.ts';
import { catalogScope } from '../../../compile/catalog-scope.ts';
import { parseSql } from '../../../postgres/parse-sql.ts';
import { strangeCatalog } from '../../support/audit/strange-catalog.ts';
import { notes } from '../../support/notes.ts';
import { PAGE, renderPage } from '../../../scripts/audit-rules.ts';

const declaration = notes('strange', {
  roles: { users: ['strange_user', { name: 'strange_other', inherits: ['strange_user'] }] },
  acceptedAdvisories: [],
});
const catalog = strangeCatalog(declaration);
const findings = audit(declaration, catalog, [{ sql: 'CREATE POLICY p ON t', place: 'api.t' }]);

/** Those of deploys, and those for any database; some have an id in common. */
const EVERY_RULE: readonly RuleDescription[] = [...ALL_RULES, ...ANYWHERE_RULES];

describe('the rules of the audit', () => {
  it('have ids of their own', () => {
    for (const ids of [ALL_RULES, ANYWHERE_RULES].map((rules) => rules.map(({ id }) => id))) {
      expect(ids.filter((id, index) => ids.indexOf(id) !== index || !/^[a-z]+(?:_[a-z]+)*$/.test(id))).toEqual([]);
    }
  });

  it('say why they matter and how to fix what they find, in whole sentences of at most 25 words', () => {
    const sentences = EVERY_RULE.flatMap(({ why, fix }) => [why, fix]).flatMap((text) => text.split(/(?<=\.) /));
    expect(sentences.filter((text) => !/^[A-Z].*\.$/.test(text) || text.split(' ').length > 25)).toEqual([]);
  });

  it('with two levels say when the second one applies', () => {
    const unexplained = EVERY_RULE.filter(
      ({ levels, otherLevelWhen }) => levels.length > 1 !== (otherLevelWhen !== undefined),
    );
    expect(unexplained).toEqual([]);
  });

  it('have a heading each on the page that `npm run audit-rules` writes', async () => {
    const page = readFileSync(PAGE, 'utf8');
    expect(page).toBe(await renderPage());
    const headings = [...page.matchAll(/^### `(.*)`$/gm)].map(([, id]) => `docs/audit-rules.md#${id}`);
    expect(headings.sort()).toEqual([...new Set(EVERY_RULE.map(docsPage))].sort());
  });
});

describe('findings in a catalog with strange names', () => {
  /** A server with advisories is of a known version; the end of its life depends on the day. */
  const possible = RULES.map(({ id }) => id).filter((id) => id !== 'unknown_major' && id !== 'end_of_life');

  it('come from every rule that such a catalog can break', () => {
    expect([...new Set(findings.map(({ rule }) => rule))].filter((id) => id !== 'end_of_life').sort()).toEqual(
      possible.sort(),
    );
  });

  it.each(findings.map((finding) => [findingLine(finding), finding] as const))('%s: SQL parses', async (_, { fix }) => {
    for (const sql of fix.sql) expect(await parseSql({ file: 'fix', sql })).toHaveLength(1);
  });

  it('have levels that their rules name', () => {
    const levels = new Map(ALL_RULES.map(({ id, levels }) => [id, levels]));
    expect(findings.filter(({ rule, level }) => !levels.get(rule)!.includes(level))).toEqual([]);
  });

  it('have objects with a kind, a name and a text', () => {
    expect(findings.filter(({ object: { kind, name, text } }) => [kind, name, text].includes(''))).toEqual([]);
  });

  it('are found without a declaration by the rules that need none', () => {
    const accepted = { ownFunctions: [], definerFunctions: [], tables: [], searchedSchemas: [], advisories: [] };
    const found = auditCatalog({ catalog, scope: catalogScope(declaration), accepted });
    const needNone = RULES.filter((rule) => 'check' in rule).map(({ id }) => id);
    expect(found).toEqual(findings.filter(({ rule }) => needNone.includes(rule)));
  });
});
