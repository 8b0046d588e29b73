import type { Construct } from 'constructs';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { corePackage, coreVersion } from './installed.ts';

/** Both families write their version under this name into an app's context. */
const KEY = 'cdktfVersion';

/**
 * Rejects an app of the other family than the one that constructs run on, such as a cdktf app where cdktn's bindings are installed
 * as well. Without this it would fail within both, at a place that says nothing.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function refuseMixedFamilies(scope: Construct): void {
  const app: unknown = scope.node.root.node.tryGetContext(KEY);
  const own = coreVersion();
  if (typeof app !== 'string' || own === undefined || isTerrain(app) === isTerrain(own)) return;
  refuse(
    'invalid_prop',
    scope.node.path,
    `the app is of ${isTerrain(app) ? 'CDK Terrain' : 'CDKTF'} ${app}, but this package runs on ${corePackage} ${own}, which is installed too`,
    'install the packages of one family only, and import App and TerraformStack from it (docs/upgrades.md)',
  );
}

/** CDKTF ended with 0.21; CDK Terrain goes on from there, also where it is installed under the name cdktf. */
function isTerrain(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 0 || minor > 21;
}
