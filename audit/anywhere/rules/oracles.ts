import { partObject, relationObject } from '../../finding-object.ts';
import { fix } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { decisions, reachedTables } from '../exposed.ts';
import type { SurveyedIndex, SurveyedRelation } from '../survey.ts';
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
      !column.has_default &&
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
        .flatMap(({ name, referenced }): Found[] => {
          const blind = writers.filter(
            (role) =>
              !audited.reach.isUnbound(role, referenced) && audited.extent(role, referenced, 'select') !== 'all',
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
