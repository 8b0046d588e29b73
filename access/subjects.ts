import type { Declaration } from '../declaration/types.ts';
import { sampleClaims } from './sample-claims.ts';

/** Who asks: what a token says. */
export interface Subject {
  readonly role: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Who asks, by name; undefined is a request without a token. */
export type Subjects = Readonly<Record<string, Subject | undefined>>;

/**
 * Somebody of every declared role, by its name, with a value for each claim that its policies read.
 *
 * @example
 * sampleSubjects(declaration); // { todos_anon: undefined, todos_user: { role: 'todos_user', claims: { user_id: 1 } } }
 */
export function sampleSubjects(declaration: Declaration): Subjects {
  const { anonymous, users } = declaration;
  return Object.fromEntries([
    ...(anonymous ? [[anonymous.name, undefined] as const] : []),
    ...users.map(({ name }) => [name, { role: name, claims: sampleClaims(declaration, name) }] as const),
  ]);
}
