// Codes of PostgreSQL's errors: https://www.postgresql.org/docs/current/errcodes-appendix.html

/** A role lacks a privilege. */
export const INSUFFICIENT_PRIVILEGE = '42501';

/** A database still has sessions. */
export const OBJECT_IN_USE = '55006';

/** Two transactions wait for each other. */
const DEADLOCK_DETECTED = '40P01';

/** A lock was not given in time. */
export const LOCK_NOT_AVAILABLE = '55P03';

/** Waiting for other sessions has failed: the same may succeed later. */
export const WAITED_IN_VAIN: readonly string[] = [DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE];

/** Another session was in the way; also where it has just changed the same row of a catalog (40001, XX000). */
export const CONFLICTS: readonly string[] = [...WAITED_IN_VAIN, '40001', 'XX000'];
