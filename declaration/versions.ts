import { refuse } from './errors.ts';

/** The newest stable PostgREST that this package knows the settings of. */
export const DEFAULT_POSTGREST_VERSION = '16.2';

/** PostgREST's versions are `major.minor[.patch]`. */
export type Version = readonly [major: number, minor: number, patch: number];

/**
 * Reads PostgREST's version, and refuses those that can't be secured.
 *
 * @throws SecuredPostgrestError `unsupported_version`, `vulnerable_version`
 */
export function checkVersion(text: string, place: string): Version {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) refuse('unsupported_version', place, `"${text}" is not a version of PostgREST`, 'write it like "12.0.2"');
  const version: Version = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  const [major, minor, patch] = version;
  if (major < 12) {
    refuse('unsupported_version', place, `PostgREST ${text} is too old`, 'use 12.0 or later');
  }
  if (major === 12 && minor === 2 && patch < 12) {
    refuse(
      'vulnerable_version',
      place,
      `PostgREST ${text} prints its secrets on the admin port (/config)`,
      'use 12.2.12 or later',
    );
  }
  return version;
}
