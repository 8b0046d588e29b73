import { quoteIdentifier } from '../../postgres/quote.ts';
import { namedObject, type FindingObject } from '../finding-object.ts';
import type { Anywhere } from './anywhere.ts';
import type { SurveyedSetting } from './survey.ts';

/** Settings with which sessions of requests begin, and those of roles that they become: PostgREST applies these too. */
export function requestSettings({ survey, scope }: Anywhere): readonly SurveyedSetting[] {
  return survey.settings.filter(
    ({ role }) => role === null || role === scope.authenticator || scope.roles.includes(role),
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
