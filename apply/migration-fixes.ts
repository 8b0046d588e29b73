import type { Declaration } from '../declaration/types.ts';

/** Remedies for errors of migrations, by Postgres' message. */
const FIXES: readonly (readonly [RegExp, (declaration: Declaration, match: RegExpExecArray) => string])[] = [
  [
    /^cannot set parameter "(role|session_authorization)"/,
    () => 'remove it: migrations run as the owner of the schemas, and make no roles (declare them)',
  ],
  [
    /^permission denied to (create|alter|drop|rename) role/,
    () => 'remove it, and declare the role: a deploy makes the declared roles',
  ],
  [
    /^permission denied to grant role|^must have admin option on role/,
    () => "remove it, and declare the membership as 'inherits' of the role",
  ],
  [
    /^role "(.*)" does not exist$/,
    (_, [, role]) => `remove it, or declare "${role}" as a role: what roles may do is declared, not granted`,
  ],
  [
    /^unsafe use of new value/,
    () => 'use the value in a later migration, where it is written out, so that the deploy commits the new value first',
  ],
  [
    /^unrecognized configuration parameter "request\./,
    () =>
      "write the value instead, or current_setting('request.jwt.claims', true), which is null: a migration runs outside of a request",
  ],
  [
    /^unrecognized configuration parameter "(\w+)"/,
    (_, [, name]) => `remove it: this server does not know "${name}", as a newer one may`,
  ],
  [
    /^must be superuser to create (?:a )?FOR (ALL TABLES|TABLES IN SCHEMA|ALL SEQUENCES)/i,
    () => 'name the tables (FOR TABLE …), or let a superuser create the publication',
  ],
  [
    /^extension "(.*)" is not available$/,
    (_, [, name]) => `install "${name}" on the server, or use an image that has it`,
  ],
  [/^extension "(.*)" already exists$/, () => 'write IF NOT EXISTS'],
  [
    /^(?:the script of|no schema is selected for) the extension "(.*?)"/,
    (_, [, name]) => `write CREATE SCHEMA extensions; CREATE EXTENSION ${name} SCHEMA extensions`,
  ],
  [
    /^permission denied to create extension "(.*)"|^Must be superuser to create this extension/,
    (_, [, name]) =>
      `write CREATE EXTENSION IF NOT EXISTS, and let a superuser create ${name === undefined ? 'it' : `"${name}"`} in this database once`,
  ],
  [
    /^(must be owner of|permission denied (for|to)|must be superuser|must be able to SET ROLE|only superusers?)/,
    ({ owner }) => `remove it, or let a role that may do it run it once by hand: migrations run as ${owner}`,
  ],
];

/** Finds the remedy for an error of a migration; undefined if only its author knows one. */
export function fixFor(declaration: Declaration, { message }: Error): string | undefined {
  for (const [pattern, fix] of FIXES) {
    const match = pattern.exec(message);
    if (match) return fix(declaration, match);
  }
  return undefined;
}
