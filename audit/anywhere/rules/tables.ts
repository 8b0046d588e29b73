import { relationObject } from '../../finding-object.ts';
import { fix, run, type Fix } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { reachedTables, grantees } from '../exposed.ts';
import { principalColumns } from '../principal.ts';
import type { RowCommand, SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';
import { isSensitive } from './columns.ts';

export const rlsDisabled: AnywhereRule = {
  id: 'rls_disabled',
  topic: 'exposure',
  levels: ['error', 'info'],
  subject: 'tables',
  why: 'A grant on a table without row security reaches every row. Policies do nothing while it is off.',
  otherLevelWhen: 'where roles may only read, and nothing says that a row is of somebody: a list for everyone',
  fix: 'Enable row security, and write a policy for each role that should reach rows.',
  find: (audited) =>
    reachedTables(audited)
      .filter(({ row_security }) => !row_security)
      .flatMap((table) => {
        const reached = grantees(audited, table);
        if (reached.length === 0) return [];
        const policies = table.policies.length > 0 ? ', so that its policies do nothing' : '';
        return {
          level: isListForEveryone(
            table,
            reached.flatMap(([, commands]) => commands),
          )
            ? 'info'
            : 'error',
          object: relationObject(table),
          problem: `has no row security${policies}: ${listed(reached.map(([role, commands]) => `${role} may ${commands.join(', ')}`))} every row`,
          fix: enabling(
            table,
            reached.some(([role]) => audited.reach.identities(role).has(table.owner)),
          ),
        };
      }),
};

/** A table that is granted for reading alone, and that holds nothing of anybody. */
const isListForEveryone = (table: SurveyedRelation, commands: readonly RowCommand[]) =>
  commands.every((command) => command === 'select') &&
  table.policies.length === 0 &&
  table.parents.length === 0 &&
  table.references.length === 0 &&
  principalColumns(table).length === 0 &&
  !table.columns.some(isSensitive);

/** Row security binds an owner only where it is forced. */
function enabling(table: SurveyedRelation, reachedByOwner: boolean): Fix {
  const enable = `ALTER TABLE ${sqlName(table)} ENABLE ROW LEVEL SECURITY`;
  if (!reachedByOwner) return run(enable);
  const force = `ALTER TABLE ${sqlName(table)} FORCE ROW LEVEL SECURITY`;
  return fix(`${enable}, and ${force}`, enable, force);
}

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
