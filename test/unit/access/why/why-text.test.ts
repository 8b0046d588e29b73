import { expect, it } from 'vitest';
import type { Explanation, Step } from '../../../../access/why/explanation.ts';
import { whyText } from '../../../../access/why/why-text.ts';

const decided: Step = {
  stage: 'policies',
  outcome: 'decided',
  words: 'the row of api.notes exists and is not shown',
  fix: { text: 'send another token', sql: [] },
};
const explanation: Explanation = {
  format: 1,
  request: 'GET /notes?id=eq.1',
  role: 'member',
  result: 'nothing',
  steps: [{ stage: 'role', outcome: 'passed', words: 'the role is member' }, decided],
  decided,
  rows: [
    {
      table: 'api.notes',
      key: { id: '1', part: null },
      outcome: 'hidden',
      because: 'no policy is true',
      policies: [
        {
          name: 'own\u001b[31m',
          mode: 'permissive',
          command: 'select',
          clause: 'USING',
          condition: {
            sql: '(owner = 1) AND shared',
            words: 'owner = 1 AND shared',
            truth: 'null',
            because: '',
            join: 'and',
            parts: [
              { sql: 'owner = 1', words: 'owner = 1', truth: 'true', because: 'the row has owner 1', parts: [] },
              { sql: 'shared', words: 'shared', truth: 'null', because: '', parts: [] },
            ],
          },
        },
      ],
    },
  ],
  notes: ['a limit'],
};

it('an explanation is printed with the answer first, and without what moves a cursor', () => {
  expect(whyText(explanation)).toBe(`GET /notes?id=eq.1 as member: no row
why: the row of api.notes exists and is not shown
fix: send another token

  yes role: the role is member
  no  policies: see above

  api.notes (id = 1, part = NULL): hidden
    permissive policy "own\\u{1b}[31m" for select, USING: null
      all of: null
        true: owner = 1 (the row has owner 1)
        null: shared

note: a limit`);
});

it('a request that passes has no reason', () => {
  const passing: Explanation = {
    ...explanation,
    result: 'all',
    steps: [explanation.steps[0]!],
    decided: undefined,
    rows: [],
    notes: [],
  };
  expect(whyText(passing)).toBe('GET /notes?id=eq.1 as member: passes\n\n  yes role: the role is member');
});
