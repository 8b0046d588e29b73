// Codes of PostgreSQL's errors: https://www.postgresql.org/docs/current/errcodes-appendix.html

/** A role lacks a privilege. */
export const INSUFFICIENT_PRIVILEGE = '42501';

/** A database still has sessions. */
export const OBJECT_IN_USE = '55006';
