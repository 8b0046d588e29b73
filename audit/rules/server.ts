import { releaseFindings, type ReleaseFinding } from '../../declaration/releases/releases.ts';
import { fix } from '../fix.ts';
import type { Audited, CatalogRule, Found } from '../rule.ts';
import { serverVersion } from '../server-version.ts';

export const knownAdvisory: CatalogRule = {
  id: 'known_advisory',
  levels: ['warning'],
  subject: 'the server',
  why: 'Security advisories affect the version of the server.',
  fix: 'Use the release that the finding names, or accept the advisories in `acceptedAdvisories`.',
  check: (audited) => about(audited, 'known_advisory'),
};

export const endOfLife: CatalogRule = {
  id: 'end_of_life',
  levels: ['warning'],
  subject: 'the server',
  why: 'The major version of the server no longer gets fixes.',
  fix: 'Upgrade to the newest major version.',
  check: (audited) => about(audited, 'end_of_life'),
};

export const unknownMajor: CatalogRule = {
  id: 'unknown_major',
  levels: ['warning'],
  subject: 'the server',
  why: 'This package does not know the major version of the server, nor its advisories.',
  fix: 'Use a version that the package knows, or a newer version of the package.',
  check: (audited) => about(audited, 'unknown_major'),
};

/** Findings about the version that the server runs. These are warnings: a deploy can not change it. */
function about({ catalog: { database }, accepted }: Audited, rule: ReleaseFinding['rule']): Found[] {
  const version = serverVersion(database.version);
  const text = `PostgreSQL ${version}`;
  return releaseFindings('PostgreSQL', version, { accepted: accepted.advisories })
    .filter((finding) => finding.rule === rule)
    .map((finding) => ({
      object: { kind: 'server', name: version, text },
      problem: finding.problem,
      fix: fix(finding.fix),
    }));
}
