import { refuse } from '../../errors/secured-postgrest-error.ts';
import { newestVersion, oldestMajor, refuseOpenToAnyone } from './releases.ts';

/** PostgREST's versions are `major.minor[.patch]`. */
export type Version = readonly [major: number, minor: number, patch: number];

/**
 * Reads PostgREST's version, and refuses those that cannot be secured.
 *
 * @throws SecuredPostgrestError `unsupported_version`, `vulnerable_version`
 */
export function checkVersion(text: string, place: string): Version {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match)
    refuse(
      'unsupported_version',
      place,
      `"${text}" is not a version of PostgREST`,
      `write it like "${newestVersion('PostgREST')}"`,
    );
  const version: Version = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  const oldest = oldestMajor('PostgREST');
  if (version[0] < oldest) {
    refuse('unsupported_version', place, `PostgREST ${text} is too old`, `use ${oldest}.0 or later`);
  }
  refuseOpenToAnyone('PostgREST', version.join('.'), place, text);
  return version;
}
