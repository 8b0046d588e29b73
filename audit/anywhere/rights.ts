import type { Survey } from './survey.ts';

/** Roles that a role may become by SET ROLE, directly or through others, without itself. */
export function mayBecome(survey: Survey, name: string): string[] {
  return reached(survey, name, ({ set }) => set);
}

/** Roles whose privileges a role has without becoming them, without itself. */
export function inheritsFrom(survey: Survey, name: string): string[] {
  return reached(survey, name, ({ inherit }) => inherit);
}

function reached(
  { memberships }: Survey,
  start: string,
  counts: (membership: Survey['memberships'][number]) => boolean,
): string[] {
  const found = new Set<string>([start]);
  for (const name of found) {
    for (const membership of memberships) {
      if (membership.member === name && counts(membership)) found.add(membership.role);
    }
  }
  found.delete(start);
  return [...found];
}
