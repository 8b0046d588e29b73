import { isObject } from '../declaration/is-object.ts';
import { checkPolicyRole } from '../declaration/roles.ts';
import type { Declaration } from '../declaration/types.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { sampleClaims } from './sample-claims.ts';

/** Role and claims of a token. */
export interface Subject {
  readonly role: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Subjects by name; undefined stands for a request without a token. */
export type Subjects = Readonly<Record<string, Subject | undefined>>;

/**
 * Sample subjects, one of every declared role by its name, with a value for each claim that its policies read. If a
 * policy is for the owner, functions that run with its rights are a subject with its name.
 *
 * @example
 * sampleSubjects(declaration); // { todos_anon: undefined, todos_user: { role: 'todos_user', claims: { user_id: 1 } } }
 */
export function sampleSubjects(declaration: Declaration): Subjects {
  const { anonymous, users, owner, tables } = declaration;
  const isBound = tables.some(({ policies }) => policies.some(({ roles }) => roles.includes(owner)));
  return Object.fromEntries([
    ...(anonymous ? [[anonymous.name, undefined] as const] : []),
    ...[...users.map(({ name }) => name), ...(isBound ? [owner] : [])].map(
      (role) => [role, { role, claims: sampleClaims(declaration, role) }] as const,
    ),
  ]);
}

/** Sample subjects whose requests the server accepts: none comes as the owner. */
export function requestSubjects(declaration: Declaration): Subjects {
  const subjects = Object.entries(sampleSubjects(declaration));
  return Object.fromEntries(subjects.filter(([name]) => name !== declaration.owner));
}

/**
 * Checks that each subject is a request without a token, or has one of the declared roles.
 *
 * @throws SecuredPostgrestError `unknown_role`, `invalid_prop`
 */
export function checkSubjects(declaration: Declaration, subjects: Subjects): void {
  for (const [name, subject] of Object.entries<unknown>(subjects)) {
    if (subject === undefined) continue;
    const place = `subjects.${name}`;
    if (!isObject(subject) || typeof subject['role'] !== 'string') {
      const problem = `${JSON.stringify(subject)} is no subject`;
      refuse('invalid_prop', place, problem, "write { role: '...', claims: { ... } }, or undefined for no token");
    }
    checkPolicyRole(subject['role'], `${place}.role`, declaration);
  }
}
