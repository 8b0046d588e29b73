import { quoteIdentifier } from '../../postgres/quote.ts';
import { namedObject } from '../finding-object.ts';
import { run } from '../fix.ts';
import type { Found } from '../rule.ts';
import type { SurveyedRole } from './survey.ts';

/** Attributes that pass grants or policies, one finding each. */
export function attributesOf(role: SurveyedRole | undefined): Found[] {
  if (!role) return [];
  const attributes = [
    ['SUPERUSER', role.superuser, 'error'],
    ['BYPASSRLS', role.bypass_rls, 'error'],
    ['CREATEROLE', role.create_role, 'error'],
    ['CREATEDB', role.create_database, 'warning'],
    ['REPLICATION', role.replication, 'warning'],
  ] as const;
  return attributes
    .filter(([, has]) => has)
    .map(([attribute, , level]) => ({
      level,
      object: namedObject('role', role.name),
      problem: `has ${attribute}`,
      fix: run(`ALTER ROLE ${quoteIdentifier(role.name)} NO${attribute}`),
    }));
}
