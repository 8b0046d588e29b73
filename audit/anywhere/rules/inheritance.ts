import { relationObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere, Extent } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { isTable } from '../exposed.ts';
import { COMMANDS, type RowCommand, type SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';

const WIDTH: Readonly<Record<Extent, number>> = { none: 0, some: 1, all: 2 };

export const inherits: AnywhereRule = {
  id: 'inherits',
  topic: 'exposure',
  levels: ['error', 'warning', 'info'],
  subject: 'tables',
  why:
    'A query of a table shows the rows of its children by the policies of the table, not by theirs. ' +
    'A request that names a partition or a child meets its policies alone.',
  otherLevelWhen:
    'where the parent shows a child of a schema that the role may not use; ' +
    'only for information where only the parent leads to the child',
  fix: 'Give each partition and child the row security of the parent, or revoke the grants on it.',
  find: (audited) =>
    audited.survey.relations
      .filter((child) => isTable(child) && child.extension === null && child.parents.length > 0)
      .flatMap((child) =>
        child.parents
          .filter(isTable)
          .flatMap((parent) => [...directly(audited, parent, child), ...throughParent(audited, parent, child)]),
      ),
};

/** Rows of a child that a request reaches by its own name, and not through the parent. */
function directly(audited: Anywhere, parent: SurveyedRelation, child: SurveyedRelation): Found[] {
  const { scope, reach } = audited;
  if (!parent.row_security || !reach.isExposed(child)) return [];
  const wider = pairs(scope.roles).filter(
    ([role, command]) =>
      reach.may(role, child, command) &&
      reach.may(role, parent, command) &&
      WIDTH[audited.extent(role, child, command)] > WIDTH[audited.extent(role, parent, command)],
  );
  if (wider.length === 0) return [];
  return [
    {
      object: relationObject(child),
      problem: `gives rows that ${parent.schema}.${parent.name} does not: ${listed(words(wider))} its rows past the policies of the parent`,
      fix: child.row_security
        ? fix('give it the policies of the parent, or revoke the grants on it')
        : run(`ALTER TABLE ${sqlName(child)} ENABLE ROW LEVEL SECURITY`, ', or revoke the grants on it'),
    },
  ];
}

/** Rows of a child, which keeps them by policies or by its schema, that the parent shows. */
function throughParent(audited: Anywhere, parent: SurveyedRelation, child: SurveyedRelation): Found[] {
  const { scope, reach } = audited;
  if (child.partition || !reach.isExposed(parent)) return [];
  const through = pairs(scope.roles).filter(
    ([role, command]) =>
      command !== 'insert' && reach.may(role, parent, command) && audited.extent(role, parent, command) !== 'none',
  );
  const shown = through.filter(([role, command]) => {
    if (!child.row_security || child.policies.length === 0) return false;
    return WIDTH[audited.extent(role, parent, command)] > WIDTH[audited.extent(role, child, command)];
  });
  const hidden = through.filter(
    ([role, command]) => audited.extent(role, parent, command) === 'all' && !reach.usesSchema(role, child.schema),
  );
  const level = shown.length > 0 ? 'error' : hidden.length > 0 ? 'warning' : 'info';
  const roles = level === 'error' ? shown : level === 'warning' ? hidden : through;
  if (roles.length === 0 || (level === 'info' && child.row_security)) return [];
  return [
    {
      level,
      object: relationObject(child),
      problem: `has its rows in ${parent.schema}.${parent.name} too, by the policies of that table: ${listed(words(roles))} them there`,
      fix: run(`ALTER TABLE ${sqlName(child)} NO INHERIT ${sqlName(parent)}`, ', unless it is meant'),
    },
  ];
}

function pairs(roles: readonly string[]): [role: string, command: RowCommand][] {
  return roles.flatMap((role) => COMMANDS.map((command): [string, RowCommand] => [role, command]));
}

function words(found: readonly (readonly [role: string, command: RowCommand])[]): string[] {
  const roles = [...new Set(found.map(([role]) => role))];
  return roles.map(
    (role) => `${role} may ${found.flatMap(([one, command]) => (one === role ? [command] : [])).join(', ')}`,
  );
}
