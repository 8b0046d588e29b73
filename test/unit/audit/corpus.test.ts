import { expect, test } from 'vitest';
import { corpus } from '../../support/audit/corpus/index.ts';

const idsOf = (cases: typeof corpus) => cases.map(({ id }) => id);

test('each graded database has an id of its own, in kebab case', () => {
  expect(new Set(idsOf(corpus)).size).toBe(corpus.length);
  expect(idsOf(corpus).filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
});

test('each open or slow database names the rules that are right to report it', () => {
  const positives = corpus.filter(({ grade }) => grade === 'open' || grade === 'slow');
  expect(idsOf(positives.filter(({ rules = [] }) => rules.length === 0))).toEqual([]);
});

test('each database that changes roles of the cluster undoes it', () => {
  const changesRoles = /CREATE ROLE|ALTER ROLE (?!\S+ IN DATABASE)|GRANT (owner|member|anon|postgres|pg_\w+) TO /;
  expect(idsOf(corpus.filter(({ sql, undo }) => changesRoles.test(sql) && undo === undefined))).toEqual([]);
});

test('at least 170 databases are graded, most of them proven by requests', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(170);
  expect(corpus.filter(({ shows }) => shows !== undefined).length).toBeGreaterThan(corpus.length * 0.8);
});
