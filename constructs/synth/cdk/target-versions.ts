import type { Construct } from 'constructs';
import { refuseMixedFamilies } from './refuse-mixed-families.ts';

const KEY = 'targetVersions';

/**
 * Says to CDK Terrain that resources in the scope need write-only values, unless the project's own `targetVersions` say what it
 * deploys with: then CDK Terrain refuses what is too old. CDKTF does not know the setting. Called before the scope has
 * children.
 */
export function needsWriteOnlyValues(scope: Construct): void {
  refuseMixedFamilies(scope);
  if (scope.node.tryGetContext(KEY) === undefined) {
    scope.node.setContext(KEY, { terraform: '>=1.11.0', opentofu: '>=1.11.0' });
  }
}
