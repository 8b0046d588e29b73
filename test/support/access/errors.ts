import type { ErrorAnswer } from './access-case.ts';

/** The role has no such privilege on the whole or on one of its columns: Postgres says no more than the name. */
export const denied = (name: string, kind: 'table' | 'view' | 'function' = 'table'): ErrorAnswer => ({
  code: '42501',
  message: `permission denied for ${kind} ${name}`,
});

/** A written row that no permissive policy allows, or that the named restrictive one forbids. */
export const rowRefused = (table: string, policy?: string): ErrorAnswer => ({
  code: '42501',
  message: `new row violates row-level security policy ${policy ? `"${policy}" ` : ''}for table "${table}"`,
});

/** An upsert that meets a row which the one who asks cannot see, by the policy (a restrictive one is named). */
export const hiddenRowMet = (table: string, policy?: string): ErrorAnswer => ({
  code: '42501',
  message: `new row violates row-level security policy ${policy ? `"${policy}" ` : ''}(USING expression) for table "${table}"`,
});

/** With row level security the values of the key are left out (without it, `details` has them). */
export const duplicate = (constraint: string): ErrorAnswer => ({
  code: '23505',
  message: `duplicate key value violates unique constraint "${constraint}"`,
});

/** A foreign key to nothing; with row level security the values of the key are left out. */
export const dangling = (table: string, constraint: string, referenced: string): ErrorAnswer => ({
  code: '23503',
  message: `insert or update on table "${table}" violates foreign key constraint "${constraint}"`,
  details: `Key is not present in table "${referenced}".`,
});

/** A deleted row that others refer to, also such as the one who asks cannot see. */
export const stillReferenced = (table: string, constraint: string, referring: string): ErrorAnswer => ({
  code: '23503',
  message: `update or delete on table "${table}" violates foreign key constraint "${constraint}" on table "${referring}"`,
  details: `Key is still referenced from table "${referring}".`,
});

export const hiddenSchema = (exposed: string): ErrorAnswer => ({
  code: 'PGRST106',
  message: new RegExp(`^(The schema must be one of the following: ${exposed}|Invalid schema: \\w+)$`),
});
