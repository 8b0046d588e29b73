import { partObject, relationObject } from '../../finding-object.ts';
import { fix } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { tiesRow, type Atom } from '../conditions/disjuncts.ts';
import { isAlwaysTrue } from '../conditions/truth.ts';
import { decisions, reachedTables } from '../exposed.ts';
import { isSetByTrigger } from '../set-by-trigger.ts';
import type { SurveyedIndex, SurveyedPolicy, SurveyedReference, SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';

/** Roles that add rows to a table of which they see only some. */
function halfBlindWriters(audited: Anywhere, table: SurveyedRelation): string[] {
  if (!table.row_security) return [];
  return audited.scope.roles.filter(
    (role) =>
      audited.reach.may(role, table, 'insert') &&
      !audited.reach.isUnbound(role, table) &&
      audited.extent(role, table, 'insert') !== 'none' &&
      audited.extent(role, table, 'select') === 'some',
  );
}

export const uniqueReveals: AnywhereRule = {
  id: 'unique_reveals',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'tables',
  why: 'A unique value is refused where another row has it, also one that the role does not see. So it learns which values others have.',
  fix: 'Put the column that policies compare into the unique index.',
  find: (audited) => {
    const compared = comparedColumns(audited);
    return reachedTables(audited).flatMap((table): Found[] => {
      const writers = halfBlindWriters(audited, table);
      if (writers.length === 0) return [];
      const own = compared.get(table) ?? new Set<string>();
      return table.indexes
        .filter((index) => index.unique && isNatural(index, table) && !index.keys.some((key) => own.has(key)))
        .filter(({ keys }) =>
          writers.some((role) => {
            const access = audited.reach.access(role, table).find(({ command }) => command === 'insert');
            return keys.every((key) => access?.columns?.includes(key) ?? true);
          }),
        )
        .map(({ keys }) => ({
          object: relationObject(table),
          problem: `tells ${listed(writers)} by its unique ${listed(keys.map((key) => `"${key}"`))} which values rows have that they do not see`,
          fix: fix('put the column that policies compare into the unique index'),
        }));
    });
  },
};

/** Columns that conditions on claims decide by. */
function comparedColumns(audited: Anywhere): ReadonlyMap<SurveyedRelation, ReadonlySet<string>> {
  const found = new Map<SurveyedRelation, Set<string>>();
  for (const { policy, table, command } of decisions(audited)) {
    const columns = audited.deciding(policy, command)?.columns ?? [];
    const own = found.get(table) ?? new Set<string>();
    for (const column of columns) own.add(column);
    found.set(table, own);
  }
  return found;
}

/** Values that people choose and can guess: no numbers of Postgres' own, no UUIDs. */
function isNatural({ keys, primary }: SurveyedIndex, { columns }: SurveyedRelation): boolean {
  return keys.every((key) => {
    const column = columns.find(({ name }) => name === key);
    if (!column) return !primary;
    return (
      !column.generated &&
      column.default === null &&
      /^(?:text|character|name|citext|.*\.citext|date|inet)/.test(column.type)
    );
  });
}

export const referenceReveals: AnywhereRule = {
  id: 'reference_reveals',
  topic: 'exposure',
  levels: ['info'],
  subject: 'tables',
  why: 'Postgres checks a foreign key past all policies. A role learns whether a key exists in a table of which it sees only some rows.',
  fix: 'Let keys be such that nobody guesses them, or check in a policy that the role sees the row.',
  find: (audited) =>
    reachedTables(audited).flatMap((table): Found[] => {
      const writers = audited.scope.roles.filter(
        (role) => audited.reach.may(role, table, 'insert') && audited.extent(role, table, 'insert') !== 'none',
      );
      return table.references
        .filter(({ referenced }) => referenced !== table && referenced.row_security)
        .flatMap((reference): Found[] => {
          const { name, referenced } = reference;
          const blind = writers.filter(
            (role) =>
              !audited.reach.isUnbound(role, referenced) &&
              audited.extent(role, referenced, 'select') !== 'all' &&
              canProbe(audited, role, table, reference),
          );
          if (blind.length === 0) return [];
          return [
            {
              object: partObject('constraint', { schema: table.schema, table: table.name, name }),
              problem: `tells ${listed(blind)} which keys ${referenced.schema}.${referenced.name} has`,
              fix: fix('let keys be such that nobody guesses them'),
            },
          ];
        });
    }),
};

/** A role may write keys of which it does not see the rows: not where a policy or a trigger decides on all columns of the key. */
function canProbe(audited: Anywhere, role: string, table: SurveyedRelation, reference: SurveyedReference): boolean {
  const insert = audited.reach.access(role, table).find(({ command }) => command === 'insert');
  const kept = new Set(
    reference.columns.filter(
      (column) =>
        insert?.columns?.includes(column) === false ||
        isSetByTrigger(audited, table, column) ||
        isTied(audited, role, table, column),
    ),
  );
  if (kept.size === reference.columns.length) return false;
  return !seesAllOf(audited, role, reference.referenced, kept);
}

/** Whatever lets the role add a row compares the column with a claim. */
function isTied(audited: Anywhere, role: string, table: SurveyedRelation, column: string): boolean {
  const ties = (policy: SurveyedPolicy) => {
    const check = audited.conditions.check(policy);
    const alternatives = check ? audited.alternatives(check, table) : [];
    return (
      alternatives.length > 0 &&
      alternatives.every((atoms) => atoms.some((atom) => tiesRow(atom) && atom.columns.includes(column)))
    );
  };
  const binding = audited.reach.policies(role, table, 'insert');
  const permissive = binding.filter((policy) => policy.permissive);
  return (
    binding.some((policy) => !policy.permissive && ties(policy)) || (permissive.length > 0 && permissive.every(ties))
  );
}

/** The role sees each row of which the kept columns, by their names, have the values that it may write. */
function seesAllOf(audited: Anywhere, role: string, referenced: SurveyedRelation, kept: ReadonlySet<string>): boolean {
  const alternativesOf = (policy: SurveyedPolicy) => {
    const using = audited.conditions.using(policy);
    return using ? audited.alternatives(using, referenced) : [];
  };
  const isKept = (atoms: readonly Atom[]) =>
    atoms.every((atom) => tiesRow(atom) && atom.columns.every((column) => kept.has(column)));
  const binding = audited.reach.policies(role, referenced, 'select');
  return (
    binding.some(
      (policy) =>
        policy.permissive &&
        (isAlwaysTrue(audited.policyTruth(policy, 'select', role)) || alternativesOf(policy).some(isKept)),
    ) && binding.every((policy) => policy.permissive || alternativesOf(policy).some(isKept))
  );
}
