import { expect, it } from 'vitest';
import { checkSourceOptions } from '../../../testing/check-source-options.ts';
import { refusal } from '../../support/errors.ts';

it.each([
  [{ seed: ['seed.sql'] }, `seed[0]: "seed.sql" is no SQL with its file; write seed: [sqlFile('seed.sql')]`],
  [{ seed: [{ sql: 'INSERT secret' }] }, 'seed[0]: a value of the type object is no SQL with its file'],
  [{ seed: 'seed.sql' }, 'seed: it is no list'],
  [{ backend: 'dokcer' }, 'backend: "dokcer" is no backend (did you mean "docker"?)'],
  [{ spares: 0.5 }, 'spares: 0.5 is not a number of spare APIs'],
])('an environment with the options %j is refused', (options, message) => {
  const error = refusal(() => checkSourceOptions(options as never));
  expect(error).toMatchObject({ code: 'invalid_prop' });
  expect(error.message).toContain(message);
});

it('accepts what the types allow', () => {
  checkSourceOptions({});
  for (const backend of ['embedded', 'docker', { docker: {} }] as const)
    checkSourceOptions({ seed: [{ file: 'a.sql', sql: '' }], backend, spares: 0 });
});
