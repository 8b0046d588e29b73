import type { Anywhere } from './anywhere.ts';

const NAME = 'statement_timeout';

/**
 * Tells whether requests of a role end by themselves. PostgREST sets what the role has in every database, of roles that
 * its login is a member of by itself. Else the session of the login decides: its own settings, those of the database, the server's.
 */
export function timeoutOf({ survey, scope }: Anywhere, role: string): 'some' | 'none' | 'unknown' {
  const { authenticator } = scope;
  const given = (owner: string | null, here: boolean) =>
    survey.settings.find((one) => one.role === owner && one.here === here && one.name.toLowerCase() === NAME)?.value;
  const isApplied =
    authenticator === undefined || survey.memberships.some((one) => one.member === authenticator && one.role === role);
  const value =
    (isApplied ? given(role, false) : undefined) ??
    (authenticator === undefined ? undefined : (given(authenticator, true) ?? given(authenticator, false))) ??
    given(null, true) ??
    given(null, false) ??
    survey.server.settings[NAME];
  if (value === undefined) return 'unknown';
  return /^0\s*[a-z]*$/i.test(value.trim()) ? 'none' : 'some';
}
