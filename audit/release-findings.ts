import { releaseFindings, type ReleaseFinding } from '../declaration/releases/releases.ts';
import { fix } from './fix.ts';
import type { Found } from './rule.ts';

/**
 * Findings of one rule about the release of the server.
 *
 * @param number the server's `server_version_num`
 * @param accepted numbers of advisories that count no more. @default none
 */
export function releaseFound(number: number, rule: ReleaseFinding['rule'], accepted: readonly string[] = []): Found[] {
  // Since PostgreSQL 10: two digits and more of the major version, then four of the minor.
  const version = `${Math.floor(number / 10_000)}.${number % 10_000}`;
  return releaseFindings('PostgreSQL', version, { accepted })
    .filter((finding) => finding.rule === rule)
    .map((finding) => ({
      object: { kind: 'server', name: version, text: `PostgreSQL ${version}` },
      problem: finding.problem,
      fix: fix(finding.fix),
    }));
}
