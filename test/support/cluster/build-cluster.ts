import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../checkout.ts';

/** Builds what clusters run, before the tests that start one, where this machine does not have it yet. */
export default function buildCluster(): void {
  execFileSync(join(root, 'test/support/cluster/build.sh'), { stdio: ['ignore', 'ignore', 'inherit'] });
}
