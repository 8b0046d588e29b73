import { expect, it } from 'vitest';
import { checkSubjects, sampleSubjects } from '../../../access/subjects.ts';
import { notes } from '../../support/notes.ts';
import { refusal } from '../../support/errors.ts';

const declaration = notes('asked');

it.each([
  [
    { role: 'asked_usr', claims: {} },
    'unknown_role',
    'subjects.ann.role: "asked_usr" is not a declared role (did you mean "asked_user"?)',
  ],
  ['asked_user', 'invalid_prop', `subjects.ann: "asked_user" is no subject; write { role: '...', claims: { ... } }`],
  [{ claims: {} }, 'invalid_prop', 'subjects.ann: {"claims":{}} is no subject'],
])('the subject %j is refused', (subject, code, message) => {
  const error = refusal(() => checkSubjects(declaration, { ann: subject } as never));
  expect(error).toMatchObject({ code });
  expect(error.message).toContain(message);
});

it('accepts every sample subject, and requests without a token', () => {
  checkSubjects(declaration, { ...sampleSubjects(declaration), nobody: undefined });
});
