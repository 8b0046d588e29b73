import { expect, it } from 'vitest';
import { Progress } from '../../../apply/progress.ts';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { refusal } from '../../support/errors.ts';

it('has place, problem and fix as fields, and its message is made of them and the code', () => {
  const cause = new Error('the reason');
  const error = refusal(() => refuse('invalid_name', 'roles.users[0]', '"A; b" is no name', 'use a; then b', cause));
  expect(error).toMatchObject({
    code: 'invalid_name',
    place: 'roles.users[0]',
    problem: '"A; b" is no name',
    fix: 'use a; then b',
    cause,
  });
  expect(error.message).toBe('roles.users[0]: "A; b" is no name; use a; then b [invalid_name]');
});

it('keeps place and problem, and says after the fix what a failed run has committed', () => {
  const progress = new Progress();
  progress.committed.push('1.sql');
  const failed = refusal(() => refuse('migration_failed', '2.sql:1', 'it fails', 'correct it'));
  const error = refusal(() => progress.rethrow(failed, ['api.notes']));
  expect(error).toMatchObject({
    place: '2.sql:1',
    problem: 'it fails',
    fix: 'correct it; committed: 1.sql; closed until a deploy succeeds: api.notes',
  });
  expect(error.message).toBe(`2.sql:1: it fails; ${error.fix} [migration_failed]`);
});
