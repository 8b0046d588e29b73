import { refuse } from '../errors/secured-postgrest-error.ts';

/** Servers that speak PostgreSQL's protocol without being PostgreSQL, by what their `version()` returns. */
const OTHER_ENGINES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bCockroachDB\b/, 'CockroachDB'],
  [/-YB-/, 'YugabyteDB'],
  [/\bRedshift\b/, 'Amazon Redshift'],
  [/\bGreenplum\b/, 'Greenplum'],
  [/\bMaterialize\b/, 'Materialize'],
  [/\bRisingWave\b/i, 'RisingWave'],
  [/\bopenGauss\b/i, 'openGauss'],
  [/\bQuestDB\b/, 'QuestDB'],
];

/** Forks that keep PostgreSQL's catalogs, roles and row security, such as Aurora and AlloyDB, begin their version so. */
const POSTGRESQL = /^(?:PostgreSQL|EnterpriseDB) \d/;

/**
 * Rejects a server that is not PostgreSQL.
 *
 * @param version what the server's `version()` returns
 * @throws SecuredPostgrestError `unsupported_database`
 */
export function refuseOtherEngine(place: string, version: string): void {
  const known = OTHER_ENGINES.find(([pattern]) => pattern.test(version))?.[1];
  if (known === undefined && POSTGRESQL.test(version)) return;
  refuse(
    'unsupported_database',
    place,
    `the server is ${known ?? 'not PostgreSQL'} ("${version}")`,
    'use PostgreSQL 15 or later, or a service that runs it',
  );
}
