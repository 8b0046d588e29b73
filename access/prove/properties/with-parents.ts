import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { namedRelation } from '../../../audit/anywhere/named-relations.ts';
import type { RowCommand } from '../../../audit/anywhere/survey.ts';
import type { Property } from '../property.ts';

/**
 * The property without what foreign keys do where its roles may delete the row that they reference: with a task, its comments
 * go. Its words name those tables.
 */
export function exceptWithParents(property: Property, audited: Anywhere): Property {
  const { relation, commands, roles } = property;
  const keys = (namedRelation(audited, relation)?.references ?? []).filter(
    ({ on_delete, referenced }) =>
      (CHANGED_BY[on_delete] ?? []).some((command) => commands.includes(command)) &&
      roles.some((role) => audited.reach.may(role, referenced, 'delete')),
  );
  if (keys.length === 0) return property;
  const parents = [...new Set(keys.map(({ referenced }) => referenced.name))];
  return {
    ...property,
    words: `${property.words}, except with its row of ${parents.join(' or ')}`,
    exceptReferences: keys.map(({ name }) => name),
  };
}

/** Commands on the row that a foreign key does when the referenced row is deleted. */
const CHANGED_BY: Readonly<Record<string, readonly RowCommand[]>> = {
  cascade: ['delete'],
  'set null': ['update'],
  'set default': ['update'],
};
