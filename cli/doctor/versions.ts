import { type Product, RELEASE_TABLE } from '../../declaration/releases/release-table.ts';
import { advisoriesOf, oldestMajor, releaseFindings, tableAgeDays } from '../../declaration/releases/releases.ts';
import { type CheckResult, resultsOf } from './check-result.ts';

/** PostgreSQL publishes fixes each quarter. */
const OLD_AFTER_DAYS = 120;

/** Checks if the table of releases is so old that it lacks a quarterly release. */
export function checkTable(now = new Date()): CheckResult[] {
  const days = tableAgeDays(now);
  if (days <= OLD_AFTER_DAYS) return [];
  const { warning } = resultsOf('releases');
  return [
    warning(
      `known advisories are as of ${RELEASE_TABLE.asOf}, ${days} days ago`,
      'install the newest version of this package',
    ),
  ];
}

/** Advisories on a version, and its end of life. A `problem` is one that a deploy refuses. */
export function versionResults(
  check: string,
  product: Product,
  version: string,
  accepted?: readonly string[],
): CheckResult[] {
  const { warning, problem } = resultsOf(check);
  const oldest = oldestMajor(product);
  if (Number.parseInt(version, 10) < oldest) {
    return [problem(`${product} ${version} is too old`, `use ${oldest} or later`)];
  }
  const isRefused = advisoriesOf(product, version).some(({ attacker }) => attacker === 'anyone');
  return releaseFindings(product, version, { accepted }).map(({ rule, problem: text, fix }) =>
    (isRefused && rule === 'known_advisory' ? problem : warning)(`${product} ${version} ${text}`, fix),
  );
}
