import { releaseFound } from '../release-findings.ts';
import type { CatalogRule } from '../rule.ts';

export const knownAdvisory: CatalogRule = {
  id: 'known_advisory',
  levels: ['warning'],
  subject: 'the server',
  why: 'Security advisories affect the version of the server.',
  fix: 'Use the release that the finding names, or accept the advisories in `acceptedAdvisories`.',
  check: ({ catalog, accepted }) => releaseFound(catalog.database.version, 'known_advisory', accepted.advisories),
};

export const endOfLife: CatalogRule = {
  id: 'end_of_life',
  levels: ['warning'],
  subject: 'the server',
  why: 'The major version of the server no longer gets fixes.',
  fix: 'Upgrade to the newest major version.',
  check: ({ catalog, accepted }) => releaseFound(catalog.database.version, 'end_of_life', accepted.advisories),
};

export const unknownMajor: CatalogRule = {
  id: 'unknown_major',
  levels: ['warning'],
  subject: 'the server',
  why: 'This package does not know the major version of the server, nor its advisories.',
  fix: 'Use a version that the package knows, or a newer version of the package.',
  check: ({ catalog, accepted }) => releaseFound(catalog.database.version, 'unknown_major', accepted.advisories),
};
