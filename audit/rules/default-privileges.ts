import { quoteIdentifier } from '../../postgres/quote.ts';
import { fix } from '../fix.ts';
import type { CatalogRule } from '../rule.ts';

const KINDS = { r: 'TABLES', S: 'SEQUENCES', f: 'ROUTINES', T: 'TYPES' } as const;

export const defaultPrivileges: CatalogRule = {
  id: 'default_privileges',
  levels: ['error'],
  subject: 'grants',
  why: 'Objects that another role makes in a managed schema are open until the next deploy.',
  fix: 'Revoke the default privileges of the role that makes the objects.',
  check: ({ catalog }) =>
    catalog.widerDefaults.map(({ role, kind, grantee, privileges }) => {
      const to = grantee === 'public' ? 'PUBLIC' : quoteIdentifier(grantee);
      const everywhere = `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(role)}`;
      const revoke = `${everywhere} REVOKE ALL ON ${KINDS[kind]} FROM ${to}`;
      return {
        object: { kind: 'default acl', name: role, text: `default privileges of ${role}` },
        problem: `grant ${privileges} to ${to} on the ${KINDS[kind].toLowerCase()} that it makes, in managed schemas as well`,
        fix: fix(`${revoke}; where other schemas need it: ${everywhere} IN SCHEMA ... GRANT`, revoke),
      };
    }),
};
