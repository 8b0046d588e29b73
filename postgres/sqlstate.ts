// Codes of PostgreSQL's errors: https://www.postgresql.org/docs/current/errcodes-appendix.html

/** A role lacks a privilege. */
export const INSUFFICIENT_PRIVILEGE = '42501';

/** Policies whose conditions read each other's tables. */
export const INFINITE_RECURSION = '42P17';

/** A function that calls itself without end, such as by a policy of a table that it reads. */
export const STACK_EXCEEDED = '54001';

/** A function, table or column that does not exist. */
export const UNDEFINED: readonly string[] = ['42883', '42P01', '42703'];

/** A key that another row has. */
export const UNIQUE_VIOLATION = '23505';

/** A view that Postgres cannot write to. */
export const NOT_UPDATABLE = '55000';

/** A database that does not exist. */
export const NO_DATABASE = '3D000';

/** A database still has sessions. */
export const OBJECT_IN_USE = '55006';

/** Two transactions wait for each other. */
const DEADLOCK_DETECTED = '40P01';

/** A lock timeout. */
export const LOCK_NOT_AVAILABLE = '55P03';

/** Waiting for another session has failed; a retry may succeed. */
export const LOCK_FAILURES: readonly string[] = [DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE];

/** Conflicts with another session, which may also have just changed the same row of a catalog (40001, XX000). */
export const CONFLICTS: readonly string[] = [...LOCK_FAILURES, '40001', 'XX000'];
