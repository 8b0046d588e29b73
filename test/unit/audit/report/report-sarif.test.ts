import { describe, expect, it } from 'vitest';
import { reportSarif } from '../../../../audit/report/report-sarif.ts';
import type { AuditReport } from '../../../../audit/report/audit-report.ts';
import { cleanReport, hostileReport, sampleFindings, sampleReport } from '../../../support/audit/sample-report.ts';

interface Message {
  readonly text: string;
}
interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: Message;
  readonly locations: readonly {
    readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
    readonly logicalLocations: readonly { readonly fullyQualifiedName: string; readonly kind: string }[];
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}
interface Rule {
  readonly id: string;
  readonly help: Message & { readonly markdown: string };
  readonly helpUri?: string;
  readonly properties: Readonly<Record<string, unknown>>;
}
interface Sarif {
  readonly version: string;
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly Rule[] } };
      readonly automationDetails: { readonly id: string };
      readonly results: readonly Result[];
      readonly properties: { readonly accepted: readonly object[] };
    },
  ];
}

const sarif = (report: AuditReport) => JSON.parse(reportSarif(report)) as Sarif;
const runOf = (report: AuditReport) => sarif(report).runs[0];
const hashes = (report: AuditReport) =>
  runOf(report).results.map(({ partialFingerprints }) => partialFingerprints['primaryLocationLineHash']);

describe('SARIF', () => {
  it('has a result for each finding that counts, with its rule, level and place', () => {
    const { results, tool } = runOf(sampleReport());
    expect(results.map(({ ruleId, level }) => `${ruleId} ${level}`)).toEqual([
      'rls_disabled error',
      'missing_index warning',
      'search_path_not_set warning',
      'truncate_granted note',
    ]);
    expect(results.map(({ ruleId, ruleIndex }) => tool.driver.rules[ruleIndex]!.id === ruleId)).not.toContain(false);
    expect(results[1]!.locations[0]).toEqual({
      physicalLocation: {
        artifactLocation: { uri: 'database/api.todos.user_id.sql' },
        region: { startLine: 1 },
      },
      logicalLocations: [{ name: 'user_id', fullyQualifiedName: 'api.todos.user_id', kind: 'table column' }],
    });
  });

  it('explains each rule, with a link, and a severity where access is concerned', () => {
    const [first, second, speed] = runOf(sampleReport()).tool.driver.rules;
    expect(first).toMatchObject({
      helpUri: 'https://docs.example/docs/audit-rules.md#rls_disabled',
      defaultConfiguration: { level: 'error' },
      properties: { tags: ['security', 'exposure'], 'security-severity': '8.0' },
    });
    expect(second!.help.markdown).toContain('A function without `search_path` finds');
    expect(speed!.properties).toEqual({ tags: ['performance', 'speed'] });
  });

  it('has no link where the address of the documents is not known', () => {
    const report = sampleReport({ docs: undefined });
    const [rule] = runOf(report).tool.driver.rules;
    expect(rule!.helpUri).toBeUndefined();
    expect(rule!.help.text).toContain('See docs/audit-rules.md#rls_disabled.');
  });

  it('writes brackets and braces of a text so that they are no links and placeholders', () => {
    const { help } = runOf(sampleReport()).tool.driver.rules[1]!;
    expect(help.text).toContain('\\[others\\] in their {{place}}');
  });

  it('has fingerprints that stay when texts and other findings change', () => {
    const [first, ...rest] = hashes(sampleReport());
    expect(new Set([first, ...rest]).size).toBe(4);
    const reworded = sampleFindings.map((finding) => ({ ...finding, problem: 'in other words' }));
    expect(hashes(sampleReport({ findings: reworded }))).toEqual([first, ...rest]);
    expect(hashes(sampleReport({ findings: sampleFindings.slice(3) }))).toEqual([first]);
  });

  it('numbers findings of one rule about one object', () => {
    const twice = [sampleFindings[3]!, { ...sampleFindings[3]!, problem: 'is open twice' }];
    const [first, second] = hashes(sampleReport({ findings: twice }));
    expect(second).toBe(first!.replace(/:1$/, ':2'));
  });

  it('leaves accepted findings out of the results, and tells them among the properties', () => {
    expect(runOf(sampleReport()).properties.accepted).toEqual([
      { rule: 'rls_disabled', object: 'api.countries', reason: 'public list', until: '2027-01-31' },
    ]);
  });

  it('is a run without results where nothing is found', () => {
    const { version, runs } = sarif(cleanReport());
    expect(version).toBe('2.1.0');
    expect(runs[0].results).toEqual([]);
    expect(runs[0].tool.driver.rules).toHaveLength(5);
  });

  it('keeps a hostile name in one part of a path, and in characters that can be seen', () => {
    const { results, automationDetails } = runOf(hostileReport());
    const [{ physicalLocation }] = results[0]!.locations as unknown as [Result['locations'][number]];
    const { uri } = physicalLocation.artifactLocation;
    expect(uri).toMatch(/^database\/[^/?#\\]+\.sql$/);
    expect(automationDetails.id).toMatch(/^audit\/[^/?#\\]+\/$/);
    // eslint-disable-next-line no-control-regex
    expect(reportSarif(hostileReport())).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2066-\u2069]/);
    expect(results[0]!.message.text).not.toMatch(/(?<!\\)\[x|(?<!\{)\{0/);
  });

  it('names no object `..`, however it is called', () => {
    const named = { kind: 'table', schema: '..', name: '/../..', text: '../../../x' };
    const [result] = runOf(sampleReport({ findings: [{ ...sampleFindings[0]!, object: named }] })).results;
    expect(result!.locations[0]!.physicalLocation.artifactLocation.uri).toBe('database/..%2F..%2F..%2Fx.sql');
  });
});
