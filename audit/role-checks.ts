import type { CatalogRole } from '../postgres/catalog/catalog.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { namedObject } from './finding-object.ts';
import { run } from './fix.ts';
import type { Found } from './rule.ts';

/** Attributes that pass grants and policies, one finding each. */
export function privileges(role: CatalogRole): Found[] {
  const held = [
    ...(role.superuser ? ['SUPERUSER'] : []),
    ...(role.bypass_rls ? ['BYPASSRLS'] : []),
    ...(role.create_role ? ['CREATEROLE'] : []),
    ...(role.create_database ? ['CREATEDB'] : []),
    ...(role.replication ? ['REPLICATION'] : []),
  ];
  return held.map((privilege) => ({
    object: namedObject('role', role.name),
    problem: `has ${privilege}`,
    fix: run(`ALTER ROLE ${quoteIdentifier(role.name)} NO${privilege}`),
  }));
}

/** Memberships in roles other than the declared ones. */
export function undeclaredMemberships({ name, memberships }: CatalogRole, declared: readonly string[]): Found[] {
  return memberships
    .filter(({ role }) => !declared.includes(role))
    .map(({ role }) => ({
      object: namedObject('role', name),
      problem: `is a member of "${role}", which is not declared`,
      fix: run(`REVOKE ${quoteIdentifier(role)} FROM ${quoteIdentifier(name)}`),
    }));
}

/** Declared memberships that a role lacks, or that do not give what they are for. */
export function missingMemberships(
  { name, memberships }: CatalogRole,
  declared: readonly string[],
  gives: 'set' | 'inherit',
): Found[] {
  return declared
    .filter((role) => !memberships.some((membership) => membership.role === role && membership[gives]))
    .map((role) => ({
      object: namedObject('role', name),
      problem: `is not a member of "${role}"`,
      fix: run(`GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(name)}`),
    }));
}
