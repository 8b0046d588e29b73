import type { Grant } from '../../postgres/catalog/acl.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Anywhere } from './anywhere.ts';
import { once } from './once.ts';
import { mayBecome } from './rights.ts';

/**
 * Roles that the API is made for: roles of requests, superusers among them, that grants or policies name. A role that the
 * authenticator may become and that nothing names, such as an owner, is none.
 */
export const apiRoles = once(({ survey, scope }): readonly string[] => {
  const named = new Set<string>(scope.anonymous === undefined ? [] : [scope.anonymous]);
  const grants = (lists: Iterable<{ readonly grants: readonly Grant[] }>) => {
    for (const { grants } of lists) for (const { grantee } of grants) named.add(grantee);
  };
  grants(survey.schemas.values());
  grants(survey.functions);
  grants(survey.relations);
  for (const { policies, columns } of survey.relations) {
    grants(columns);
    for (const { roles } of policies) for (const role of roles) named.add(role);
  }
  const reached = scope.authenticator === undefined ? [] : mayBecome(survey, scope.authenticator);
  return [...new Set([...scope.roles, ...reached])].filter(
    (name) => named.has(name) && !scope.services.includes(name) && !name.startsWith('pg_'),
  );
});

/** Grantees that give roles of requests what they have, and these roles: themselves, those that they inherit, PUBLIC. */
export const requestGrantees = once(({ scope, reach }): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const role of scope.roles) {
    for (const grantee of reach.identities(role)) found.set(grantee, [...(found.get(grantee) ?? []), role]);
  }
  return found;
});

/** Grantees by whose grants roles of requests have one of some privileges, without repetition. */
export function granteesOf(
  audited: Anywhere,
  grants: readonly Grant[],
  has: (privilege: string) => boolean,
): readonly string[] {
  const reaching = requestGrantees(audited);
  return [
    ...new Set(
      grants.filter(({ grantee, privilege }) => reaching.has(grantee) && has(privilege)).map(({ grantee }) => grantee),
    ),
  ];
}

/** Grantees in a statement. */
export function sqlGrantees(names: readonly string[]): string {
  return names.map((name) => (name === 'public' ? 'PUBLIC' : quoteIdentifier(name))).join(', ');
}

/** A grantee in a sentence. */
export function granteeWord(name: string): string {
  return name === 'public' ? 'PUBLIC' : name;
}
