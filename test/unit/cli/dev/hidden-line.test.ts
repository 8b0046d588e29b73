import { describe, expect, it } from 'vitest';
import type { Explanation, PolicyOfRow, Step } from '../../../../access/why/explanation.ts';
import { hiddenLine } from '../../../../cli/dev/hidden/hidden-line.ts';

const policy = (name: string, mode: PolicyOfRow['mode'], truth: 'true' | 'false'): PolicyOfRow => ({
  name,
  mode,
  command: 'select',
  clause: 'USING',
  condition: { sql: 'owner = 1', words: 'owner = 1', truth, because: 'the row has owner 77', parts: [] },
});
const step: Step = { stage: 'policies', outcome: 'decided', words: 'the row has owner 77' };
const explanation: Explanation = {
  format: 1,
  request: 'GET /notes',
  role: 'member',
  result: 'some',
  steps: [step],
  decided: step,
  rows: [
    {
      table: 'api.notes',
      key: { id: '5' },
      outcome: 'reached',
      because: '',
      policies: [policy('own', 'permissive', 'true')],
    },
    {
      table: 'api.notes',
      key: { id: '6' },
      outcome: 'hidden',
      because: '',
      policies: [policy('own', 'permissive', 'false')],
    },
    {
      table: 'api.notes',
      key: { id: '7' },
      outcome: 'hidden',
      because: '',
      policies: [policy('all', 'permissive', 'true'), policy('tenant', 'restrictive', 'false')],
    },
  ],
  notes: [],
};

describe('the line about hidden rows', () => {
  it('names the policies that decide, and neither keys nor values of rows', () => {
    expect(hiddenLine(explanation, { user_id: 1 })).toBe(
      'hidden: member, GET /notes: policies hide 2 of 3 rows of api.notes: "own", "tenant" (with the sample claims {"user_id":1})',
    );
  });

  it('says so where no policy lets the role select, and where only the first rows were looked at', () => {
    const rows = [{ ...explanation.rows[1]!, policies: [] }];
    expect(hiddenLine({ ...explanation, rows, notes: ['only the first 20 rows are explained'] }, {})).toBe(
      'hidden: member, GET /notes: policies hide 1 of the first 1 rows of api.notes: no policy lets it select them',
    );
  });

  it.each([
    [{ result: 'refused' }],
    [{ result: 'all', decided: undefined }],
    [{ result: 'nothing', decided: { ...step, stage: 'rows' } }],
  ] as const)('is none for %j', (difference) => {
    expect(hiddenLine({ ...explanation, ...difference }, {})).toBeUndefined();
  });
});
