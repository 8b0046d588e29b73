import { quoteIdentifier } from '../../postgres/quote.ts';
import { namedObject, type FindingObject } from '../finding-object.ts';
import type { Anywhere } from './anywhere.ts';
import type { SurveyedSetting } from './survey.ts';

/** Settings that only a superuser changes: PostgREST cannot set them when it becomes a role. */
const OF_SUPERUSERS = new Set(['session_replication_role', 'lo_compat_privileges']);

/**
 * Settings with which sessions of requests begin, and those of roles that they become: PostgREST applies these too, where
 * they are for every database.
 */
export function requestSettings({ survey, scope }: Anywhere): readonly SurveyedSetting[] {
  return survey.settings.filter(
    ({ role, here, name }) =>
      role === null ||
      role === scope.authenticator ||
      (scope.roles.includes(role) && !here && !OF_SUPERUSERS.has(name.toLowerCase())),
  );
}

/** The role or the database that a setting is of. */
export function settingObject({ survey }: Anywhere, { role, here }: SurveyedSetting): FindingObject {
  if (role !== null) return namedObject('role', role);
  return here ? namedObject('database', survey.server.database) : { kind: 'role', name: 'all', text: 'every role' };
}

/** The statement that takes a setting away, which does not show its value. */
export function resetSetting({ survey }: Anywhere, { role, here, name }: SurveyedSetting): string {
  const database = quoteIdentifier(survey.server.database);
  const where =
    role === null
      ? here
        ? `DATABASE ${database}`
        : 'ROLE ALL'
      : `ROLE ${quoteIdentifier(role)}${here ? ` IN DATABASE ${database}` : ''}`;
  return `ALTER ${where} RESET ${name.split('.').map(quoteIdentifier).join('.')}`;
}
