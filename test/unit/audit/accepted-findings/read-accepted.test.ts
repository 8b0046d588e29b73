import { expect, it } from 'vitest';
import { readAccepted } from '../../../../audit/accepted-findings/read-accepted.ts';
import { refusal } from '../../../support/errors.ts';

const entry = { rule: 'rls_disabled', object: 'api.todos', reason: 'public list' };
const read = (text: string) => readAccepted(text, 'a.json', ['rls_disabled', 'missing_index']);
const readList = (...list: unknown[]) => read(JSON.stringify(list));

it('reads entries that name an object by its text or by its parts', () => {
  const parts = { kind: 'function', schema: 'api', name: 'add', arguments: ['integer'] };
  const list = [entry, { ...entry, object: parts, until: '2028-02-29' }];
  expect(readList(...list)).toEqual(list);
  expect(read('[]')).toEqual([]);
});

it.each([
  ['text that is not JSON', '[{]', /^a\.json(:1)?: it is not JSON \(.*\); .* \[invalid_accepted\]$/],
  ['an empty file', '', /^a\.json: it is not JSON/],
  ['no list', '{}', /^a\.json: \{\} is not a list; /],
])('rejects %s', (_, text, message) => {
  expect(refusal(() => read(text)).message).toMatch(message);
});

it.each<[string, unknown, string]>([
  ['an entry that is none', null, 'a.json: [0]: null is not an object'],
  ['a list in place of an entry', [], 'a.json: [0]: [] is not an object'],
  ['no rule', { ...entry, rule: undefined }, 'a.json: [0].rule: nothing is no rule'],
  [
    'a misspelt rule',
    { ...entry, rule: 'rls_disable' },
    'a.json: [0].rule: "rls_disable" is no rule (did you mean "rls_disabled"?)',
  ],
  ['no object', { ...entry, object: undefined }, 'a.json: [0].object: nothing names no object'],
  ['an object without a name', { ...entry, object: { kind: 'table' } }, 'a.json: [0].object.name: it is missing'],
  [
    'a part that is no text',
    { ...entry, object: { kind: 'table', name: 'a', schema: 1 } },
    'a.json: [0].object.schema: 1 is not a text',
  ],
  [
    'arguments that are no list',
    { ...entry, object: { kind: 'function', name: 'a', arguments: 'integer' } },
    'a.json: [0].object.arguments: "integer" is not a list of texts',
  ],
  ['no reason', { ...entry, reason: undefined }, 'a.json: [0].reason: it is not said why "rls_disabled" is accepted'],
  ['an empty reason', { ...entry, reason: ' \n' }, 'a.json: [0].reason: it is not said why'],
  ['a wrong date', { ...entry, until: '2027-02-30' }, 'a.json: [0].until: "2027-02-30" is no date'],
  ['a time', { ...entry, until: '2027-02-01T00:00' }, 'a.json: [0].until: "2027-02-01T00:00" is no date'],
  ['a number as date', { ...entry, until: 2027 }, 'a.json: [0].until: 2027 is no date'],
  [
    'a misspelt field',
    { ...entry, untill: '2027-02-01' },
    'a.json: [0].untill: it is not known (did you mean "until"?)',
  ],
])('rejects %s, with its place', (_, wrong, message) => {
  const error = refusal(() => readList(wrong));
  expect(error.code).toBe('invalid_accepted');
  expect(error.message.slice(0, message.length)).toBe(message);
});
