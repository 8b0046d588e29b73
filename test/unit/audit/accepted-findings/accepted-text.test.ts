import { expect, it } from 'vitest';
import { acceptedText } from '../../../../audit/accepted-findings/accepted-text.ts';
import { readAccepted } from '../../../../audit/accepted-findings/read-accepted.ts';
import { refusal } from '../../../support/errors.ts';
import { sampleEntries, sampleReport, sampleRules } from '../../../support/audit/sample-report.ts';

const report = sampleReport();
const rules = sampleRules.map(({ id }) => id);
const text = (findings = report.findings) => acceptedText(report.accepted, findings);

it('keeps entries that still name a finding, and adds the others without a reason', () => {
  expect(JSON.parse(text())).toEqual([
    sampleEntries[0],
    { rule: 'rls_disabled', object: 'api.todos', reason: '' },
    { rule: 'missing_index', object: 'api.todos.user_id', reason: '' },
    { rule: 'search_path_not_set', object: 'api.add(integer)', reason: '' },
    { rule: 'truncate_granted', object: 'api.todos', reason: '' },
  ]);
});

it('cannot be used before a person has written the reasons', () => {
  expect(refusal(() => readAccepted(text(), 'a.json', rules)).message).toMatch(/^a\.json: \[1\]\.reason: /);
  expect(readAccepted(text().replaceAll('""', '"meant"'), 'a.json', rules)).toHaveLength(5);
});

it('has one entry for several findings of a rule about an object', () => {
  const [first] = report.findings;
  expect(JSON.parse(text([first!, { ...first!, problem: 'is open in another way' }]))).toHaveLength(2);
});
