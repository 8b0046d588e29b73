import { expect, it } from 'vitest';
import { programVersion } from '../../../../declaration/releases/program-version.ts';

it.each([
  ['PostgreSQL', 'postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)', '15.14'],
  ['PostgreSQL', 'postgres (PostgreSQL) 18.7\n', '18.7'],
  ['PostgreSQL', 'postgres (PostgreSQL) 19beta1', undefined],
  ['PostgreSQL', 'PostgREST 12.0.2', undefined],
  ['PostgREST', 'PostgREST 12.0.2', '12.0.2'],
  ['PostgREST', 'PostgREST 16.2\n', '16.2'],
  ['PostgREST', 'PostgREST 14.1 (abc1234)', '14.1'],
  ['PostgREST', 'PostgREST v16.2', '16.2'],
  ['PostgREST', 'PostgREST devel', undefined],
  ['PostgREST', 'v20.20.2', undefined],
  ['PostgREST', 'GNU bash, version 5.2.15(1)-release', undefined],
  ['PostgREST', 'OCI runtime exec failed', undefined],
  ['PostgREST', '', undefined],
] as const)('the program of %s that prints "%s" has version %s', (product, printed, version) => {
  expect(programVersion(product, printed)).toBe(version);
});
