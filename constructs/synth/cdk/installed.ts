import { createRequire } from 'node:module';
import { refuse } from '../../../errors/secured-postgrest-error.ts';

/**
 * A type of CDK Terrain where its package is installed, else of CDKTF. What is imported from a missing package is `any`, and
 * only `any` makes the condition true. (Without the arrays TypeScript would take the missing type for the result.)
 */
export type Installed<Terrain, Cdktf> = 0[] extends (1 & Terrain)[] ? Cdktf : Terrain;

const require = createRequire(import.meta.url);

/** CDK Terrain where its bindings are installed; also where neither family is, so that an error names the living one. */
const hasTerrain = isInstalled('@cdktn/provider-docker') || !isInstalled('cdktf');

/**
 * Loads a module of the installed family. Where it is missing, what it exports fails when it is used, with `missing_package`:
 * declarations and environments come from the same entry point as constructs, and need neither family.
 *
 * @param terrain the module's name in CDK Terrain; CDKTF's has `cdktf` in the place of `cdktn`
 */
export function load<Module>(terrain: string): Module {
  const name = hasTerrain ? terrain : terrain.replace('cdktn', 'cdktf');
  return (isInstalled(name) ? require(name) : missing(name)) as Module;
}

/** Name of the core package that constructs run on. */
export const corePackage = hasTerrain ? 'cdktn' : 'cdktf';

/** Its version; undefined if it is not installed. */
export function coreVersion(): string | undefined {
  if (!isInstalled(`${corePackage}/package.json`)) return undefined;
  return (require(`${corePackage}/package.json`) as { version: string }).version;
}

function missing(name: string): object {
  const [core, scope] = hasTerrain ? ['cdktn', '@cdktn'] : ['cdktf', '@cdktf'];
  const fix = `run: npm install ${core} constructs ${scope}/provider-docker ${scope}/provider-postgresql`;
  const fail = () => refuse('missing_package', name, 'it is not installed', fix);
  const value = new Proxy(function () {}, { get: fail, apply: fail, construct: fail });
  return new Proxy({}, { get: () => value });
}

function isInstalled(name: string): boolean {
  try {
    return Boolean(require.resolve(name));
  } catch {
    return false;
  }
}
