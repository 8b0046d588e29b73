import { relationObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { reachedTables, grantees } from '../exposed.ts';
import { listed } from '../words.ts';

export const rlsDisabled: AnywhereRule = {
  id: 'rls_disabled',
  topic: 'exposure',
  levels: ['error'],
  subject: 'tables',
  why: 'A grant on a table without row security reaches every row. Policies do nothing while it is off.',
  fix: 'Enable row security, and write a policy for each role that should reach rows.',
  find: (audited) =>
    reachedTables(audited)
      .filter(({ row_security }) => !row_security)
      .flatMap((table) => {
        const reached = grantees(audited, table);
        if (reached.length === 0) return [];
        const policies = table.policies.length > 0 ? `, so that its ${table.policies.length} policies do nothing` : '';
        return {
          object: relationObject(table),
          problem: `has no row security${policies}: ${listed(reached.map(([role, commands]) => `${role} may ${commands.join(', ')}`))} every row`,
          fix: run(`ALTER TABLE ${sqlName(table)} ENABLE ROW LEVEL SECURITY`),
        };
      }),
};

export const noPolicy: AnywhereRule = {
  id: 'no_policy',
  topic: 'exposure',
  levels: ['info'],
  subject: 'tables',
  why: 'Row security is on, and no policy gives rows to the role. Its grant reaches nothing.',
  fix: 'Write a policy, or revoke the grant.',
  find: (audited) =>
    reachedTables(audited)
      .filter(({ row_security }) => row_security)
      .flatMap((table) => {
        const idle = grantees(audited, table).filter(
          ([role, commands]) =>
            !audited.reach.isUnbound(role, table) &&
            commands.every(
              (command) => !audited.reach.policies(role, table, command).some(({ permissive }) => permissive),
            ),
        );
        if (idle.length === 0) return [];
        return {
          object: relationObject(table),
          problem: `has no policy that gives rows to ${listed(idle.map(([role]) => role))}`,
          fix: fix('write a policy, or revoke the grant'),
        };
      }),
};
