import { oneLine } from '../../errors/one-line.ts';
import { programVersion } from '../../declaration/releases/program-version.ts';
import type { Product } from '../../declaration/releases/release-table.ts';
import { type CheckResult, resultsOf } from './check-result.ts';
import { runProgram } from './program.ts';
import { versionResults } from './versions.ts';

const { ok, warning } = resultsOf('running');

export interface DeployedContainer {
  readonly product: Product;
  readonly container: string;
}

/** The program in each image, which prints its version like `PostgREST 16.3` or `postgres (PostgreSQL) 18.7`. */
const PROGRAMS: Readonly<Record<Product, string>> = { PostgreSQL: 'postgres', PostgREST: 'postgrest' };

/** Exit codes of `docker exec` where the container runs, but has no such program. */
const NOT_RUNNABLE = [126, 127];

/** Checks what runs now, which may be older than the image that the next deploy starts. */
export function checkRunning(
  engine: readonly string[] | undefined,
  deployed: readonly DeployedContainer[],
  accepted: readonly string[] | undefined,
): CheckResult[] {
  if (!engine) return [];
  return deployed.flatMap(({ product, container }) => {
    const { status, stdout, complaint } = runProgram('docker', [
      ...engine,
      'exec',
      container,
      PROGRAMS[product],
      '--version',
    ]);
    const version = programVersion(product, stdout);
    if (status === undefined || (status !== 0 && !NOT_RUNNABLE.includes(status))) return [];
    if (version === undefined) {
      const problem = `the version of ${product} in ${container} cannot be read (${oneLine(complaint || stdout)})`;
      return [warning(problem, 'compare it with docs/versions.md')];
    }
    return [ok(`${container} runs ${product} ${version}`), ...versionResults('running', product, version, accepted)];
  });
}
