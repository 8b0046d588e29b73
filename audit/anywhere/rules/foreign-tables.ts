import { relationObject } from '../../finding-object.ts';
import { run } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { grantees } from '../exposed.ts';
import { granteesOf, sqlGrantees } from '../request-roles.ts';
import { listed } from '../words.ts';

export const foreignTable: AnywhereRule = {
  id: 'foreign_table',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'tables',
  why: 'A foreign table has no row security: a grant reaches every row that the other server gives.',
  fix: 'Revoke the grant. Let a function, or a view that filters by a claim, read the table.',
  find: (audited) =>
    audited.survey.relations
      .filter((table) => table.kind === 'f' && table.extension === null && audited.reach.isExposed(table))
      .flatMap((table) => {
        const reached = grantees(audited, table);
        if (reached.length === 0) return [];
        const grants = [...table.grants, ...table.columns.flatMap((column) => column.grants)];
        const revoked = granteesOf(audited, grants, () => true);
        const rest = ', and read it in a view that filters by a claim';
        return {
          object: relationObject(table),
          problem: `has no policies: ${listed(reached.map(([role, commands]) => `${role} may ${commands.join(', ')}`))} every row`,
          fix: run(`REVOKE ALL ON TABLE ${sqlName(table)} FROM ${sqlGrantees(revoked)}`, rest),
        };
      }),
};
