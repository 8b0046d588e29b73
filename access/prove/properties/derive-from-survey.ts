import { COMMANDS, type RowCommand, type SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import type { Property } from '../property.ts';
import { anyOf, columnIsClaim } from './claim-sql.ts';
import { onlyComparison } from './compared-claims.ts';
import { tenantPair } from './tenant-pair.ts';
import { exceptWithParents } from './with-parents.ts';

/**
 * Derives properties of a database without a declaration, for each table of an exposed schema: the anonymous role reaches
 * nothing, no row of another tenant is reached, and nobody but the owner does what only own-row
 * policies let pass.
 */
export function deriveFromSurvey(audited: Anywhere): readonly Property[] {
  const tables = audited.survey.relations.filter(
    (relation) =>
      ['r', 'p'].includes(relation.kind) &&
      relation.extension === null &&
      !relation.partition &&
      audited.reach.isExposed(relation),
  );
  return tables.flatMap((table) => [
    ...anonymousNothing(audited, table),
    ...isolation(audited, table),
    ...ownRows(audited, table),
  ]);
}

function nameOf({ schema, name }: SurveyedRelation) {
  return { schema, name };
}

function anonymousNothing({ scope }: Anywhere, table: SurveyedRelation): Property[] {
  const { anonymous } = scope;
  if (anonymous === undefined) return [];
  const common = { roles: [anonymous], relation: nameOf(table), only: 'false', withoutToken: true };
  return [
    {
      ...common,
      name: 'anonymous-reads-only',
      words: `${anonymous} reads no row of ${table.name}`,
      commands: ['select'],
    },
    {
      ...common,
      name: 'anonymous-writes-nothing',
      words: `${anonymous} writes no row of ${table.name}`,
      commands: ['insert', 'update', 'delete'],
    },
  ];
}

function isolation(audited: Anywhere, table: SurveyedRelation): Property[] {
  const pair = tenantPair(audited);
  const column = table.columns.find(({ name }) => name === pair?.column);
  const roles = userRoles(audited);
  if (!pair || !column || roles.length === 0) return [];
  const own = columnIsClaim(pair.column, pair.claim, pair.type);
  return [
    {
      name: 'tenant-isolation',
      words: `no row of another ${pair.column} in ${table.name} is read or written by ${roles.join(', ')}`,
      roles,
      relation: nameOf(table),
      commands: COMMANDS,
      only: column.required ? own : `${quoteIdentifier(pair.column)} IS NULL OR ${own}`,
    },
  ];
}

const VERBS: Readonly<Record<RowCommand, string>> = {
  select: 'reads',
  insert: 'inserts',
  update: 'updates',
  delete: 'deletes',
};

/** Commands for which each permissive policy compares a column with a claim, and does nothing else. */
function ownRows(audited: Anywhere, table: SurveyedRelation): Property[] {
  return COMMANDS.flatMap((command) => {
    const byCondition = new Map<string, string[]>();
    for (const role of userRoles(audited)) {
      const policies = audited.reach.policies(role, table, command).filter(({ permissive }) => permissive);
      const compared = policies.map((policy) => {
        const { conditions } = audited;
        return onlyComparison(audited, conditions[command === 'insert' ? 'check' : 'using'](policy), table);
      });
      if (compared.length === 0 || compared.includes(undefined)) continue;
      const only = anyOf(compared.map((one) => columnIsClaim(one!.column, one!.claim, one!.type)));
      byCondition.set(only, [...(byCondition.get(only) ?? []), role]);
    }
    return [...byCondition].map(([only, roles]) =>
      exceptWithParents(
        {
          name: 'own-rows',
          words: `nobody but the owner ${VERBS[command]} a row of ${table.name}`,
          roles,
          relation: nameOf(table),
          commands: [command],
          only,
        },
        audited,
      ),
    );
  });
}

function userRoles({ scope }: Anywhere): readonly string[] {
  return scope.roles.filter((role) => role !== scope.anonymous);
}
