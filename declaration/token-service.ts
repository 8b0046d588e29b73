import type { Declaration } from './types.ts';

/** What the token service of a declaration has in the database: a schema of its own, and the role that it signs in as. */
export function tokenServiceNames({ name }: Pick<Declaration, 'name'>): {
  readonly schema: string;
  readonly role: string;
} {
  return { schema: `${name}_tokens`, role: `${name}_token_service` };
}
