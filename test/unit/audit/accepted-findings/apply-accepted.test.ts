import { describe, expect, it } from 'vitest';
import type { AcceptedEntry } from '../../../../audit/accepted-findings/accepted-entry.ts';
import { applyAccepted } from '../../../../audit/accepted-findings/apply-accepted.ts';
import { functionObject, relationObject } from '../../../../audit/finding-object.ts';
import type { Finding } from '../../../../audit/finding.ts';
import { fix } from '../../../../audit/fix.ts';

const finding = (rule: string, object: Finding['object']): Finding => ({
  rule,
  level: 'error',
  object,
  problem: 'is open',
  fix: fix('close it'),
});
const todos = finding('rls_disabled', relationObject({ schema: 'api', name: 'todos' }));
const add = finding(
  'definer',
  functionObject({ schema: 'api', name: 'add', signature: 'api.add(integer)', arguments: ['integer'] }),
);
const entry = (parts: Partial<AcceptedEntry> = {}): AcceptedEntry => ({
  rule: 'rls_disabled',
  object: 'api.todos',
  reason: 'meant',
  ...parts,
});
const apply = (entries: readonly AcceptedEntry[], today = '2026-11-27') =>
  applyAccepted([todos, add], entries, { today, rules: ['rls_disabled', 'definer'] });

describe('accepted findings', () => {
  it('do not count', () => {
    const own = entry();
    expect(apply([own])).toEqual({
      findings: [add],
      accepted: [{ finding: todos, entry: own }],
      over: [],
      stale: [],
    });
  });

  it('are named by all parts of their object', () => {
    const object = { kind: 'function', schema: 'api', name: 'add', arguments: ['integer'] };
    expect(apply([entry({ rule: 'definer', object })]).accepted).toHaveLength(1);
    for (const other of [{ schema: 'other' }, { arguments: ['text'] }, { arguments: [] }, { table: 'todos' }]) {
      expect(apply([entry({ rule: 'definer', object: { ...object, ...other } })]).accepted).toEqual([]);
    }
    expect(apply([entry({ object: { kind: 'table', name: 'todos' } })]).accepted).toEqual([]);
  });

  it('count again after their last day', () => {
    const own = entry({ until: '2026-11-27' });
    expect(apply([own]).accepted).toHaveLength(1);
    const later = apply([own], '2026-11-28');
    expect(later).toMatchObject({ findings: [todos, add], accepted: [], over: [own], stale: [] });
  });

  it('stay accepted where a second entry is not over', () => {
    const over = entry({ until: '2026-01-01' });
    const valid = entry({ until: '2027-01-01' });
    const { accepted, over: ended } = apply([over, valid]);
    expect(accepted).toEqual([{ finding: todos, entry: valid }]);
    expect(ended).toEqual([over]);
  });

  it('are stale where no finding has their rule and object', () => {
    const stale = [entry({ rule: 'definer' }), entry({ object: 'api.todo' }), entry({ object: 'API.TODOS' })];
    expect(apply(stale).stale).toEqual(stale);
  });

  it('are not stale where their rule was not checked', () => {
    expect(apply([entry({ rule: 'not_as_declared' })]).stale).toEqual([]);
  });
});
