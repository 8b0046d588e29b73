import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.mjs';

const directory = process.env.CDK_TERRAIN_DIRECTORY ?? join(homedir(), '.cache/secured-postgrest-test/cdk-terrain');

/**
 * Where the tests find CDK Terrain's packages: outside of the checkout, whose own `node_modules` has CDKTF's. Both families
 * in one place would leave it open which of them a test runs on.
 */
export const terrainModules = join(directory, 'node_modules');

/** What compiles a project of `init` or `import`. */
const core = { cdktn: '0.24', constructs: '>=10.6 <10.8' };
const bindings = { '@cdktn/provider-docker': '16.1', '@cdktn/provider-postgresql': '15.0' };

const missingOf = (packages) => Object.keys(packages).filter((name) => !existsSync(join(terrainModules, name)));

/** Installs what is missing; the bindings, which deploys need, come last: a registry may not have them. */
export function installTerrain() {
  for (const packages of [core, bindings]) {
    if (missingOf(packages).length === 0) continue;
    const named = Object.entries({ ...core, ...packages }).map(([name, version]) => `${name}@${version}`);
    const { status } = run('npm', ['install', '--prefix', directory, '--no-audit', '--loglevel=error', ...named]);
    if (status !== 0) return;
  }
}

/** Why no test can run on CDK Terrain here, or undefined. */
export function terrainObstacle() {
  const missing = missingOf({ ...core, ...bindings });
  if (missing.length > 0)
    return `${terrainModules} lacks ${missing.join(', ')}; npm test installs them where the registry has them`;
}
