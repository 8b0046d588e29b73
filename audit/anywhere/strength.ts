import type { Anywhere } from './anywhere.ts';
import { once } from './once.ts';

/** Predefined roles that pass grants, or reach files and programs. */
const POWERFUL = new Set([
  'pg_read_all_data',
  'pg_write_all_data',
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_execute_server_program',
  'pg_maintain',
  'pg_create_subscription',
]);

/** Number of tables and views that roles own. */
export const ownedRelations = once(({ survey }): ReadonlyMap<string, number> => {
  const owned = new Map<string, number>();
  for (const { owner, extension } of survey.relations) {
    if (extension === null) owned.set(owner, (owned.get(owner) ?? 0) + 1);
  }
  return owned;
});

/** How strong a role is, and why, for a sentence; undefined for one that has nothing but grants. */
export interface Strength {
  readonly level: 'error' | 'warning';
  readonly why: string;
}

/** Tells what a role has that policies or grants do not bind. */
export function strengthOf(audited: Anywhere, name: string): Strength | undefined {
  const role = audited.survey.roles.get(name);
  if (!role) return undefined;
  if (role.superuser) return { level: 'error', why: 'is a superuser' };
  if (role.bypass_rls) return { level: 'error', why: 'passes all policies' };
  if (role.create_role) return { level: 'error', why: 'may create roles' };
  if (POWERFUL.has(name)) return { level: 'error', why: 'reaches more than grants give' };
  const owned = ownedRelations(audited).get(name) ?? 0;
  if (owned > 0) return { level: 'error', why: `owns ${owned} table${owned > 1 ? 's' : ''}` };
  if (ownsSchema(audited, name)) return { level: 'error', why: 'owns a schema' };
  return name.startsWith('pg_') ? { level: 'warning', why: 'has rights of an operator' } : undefined;
}

function ownsSchema({ survey, scope }: Anywhere, name: string): boolean {
  return scope.schemas.some((schema) => survey.schemas.get(schema)?.owner === name);
}
