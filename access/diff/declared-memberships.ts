import type { Survey, SurveyedRole } from '../../audit/anywhere/survey.ts';
import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';

/** Attributes of a role of requests that does not exist yet. */
const NEW_ROLE: Omit<SurveyedRole, 'name'> = {
  superuser: false,
  inherit: true,
  create_role: false,
  create_database: false,
  login: false,
  replication: false,
  bypass_rls: false,
};

/** Copy of a survey with the declared roles and their memberships, and nothing else changed. */
export function withDeclaredMemberships(survey: Survey, declaration: Declaration): Survey {
  const declared = apiRoles(declaration);
  const names = new Set(declared.map(({ name }) => name));
  return {
    ...survey,
    roles: new Map([...declared.map(({ name }) => [name, { ...NEW_ROLE, name }] as const), ...survey.roles]),
    memberships: [
      ...survey.memberships.filter(({ member }) => !names.has(member)),
      ...declared.flatMap(({ name: member, inherits }) =>
        inherits.map((role) => ({ member, role, admin: false, inherit: true, set: true })),
      ),
    ],
  };
}
