import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const directory = process.env.CDK_TERRAIN_DIRECTORY ?? join(homedir(), '.cache/secured-postgrest-test/cdk-terrain');

/**
 * Where the tests find CDK Terrain's packages: outside of the checkout, whose own `node_modules` has CDKTF's. Both families
 * in one place would leave it open which of them a test runs on.
 */
export const terrainModules = join(directory, 'node_modules');

const packages = ['cdktn', 'constructs', '@cdktn/provider-docker', '@cdktn/provider-postgresql'];

/** Why no test can run on CDK Terrain here, or undefined. */
export function terrainObstacle() {
  const missing = packages.filter((name) => !existsSync(join(terrainModules, name)));
  if (missing.length > 0) {
    return (
      `${terrainModules} lacks ${missing.join(', ')}; run: npm install --prefix ${directory} ` +
      "cdktn@0.24 'constructs@>=10.6 <10.8' @cdktn/provider-docker@16.1 @cdktn/provider-postgresql@15.0"
    );
  }
}
