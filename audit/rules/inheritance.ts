import type { CatalogInheritance } from '../../postgres/catalog/catalog.ts';
import type { FindingObject } from '../finding-object.ts';
import { run } from '../fix.ts';
import type { CatalogRule } from '../rule.ts';

export const inheritsElsewhere: CatalogRule = {
  id: 'inherits_elsewhere',
  levels: ['error'],
  subject: 'tables',
  why: 'A table shows the rows of its children. One of the two tables is outside of the managed schemas.',
  fix: 'Use NO INHERIT or DETACH PARTITION, or move the other table into a managed schema.',
  check: ({ catalog }) =>
    catalog.inheritance
      .filter(({ elsewhere }) => elsewhere)
      .map((pair) => {
        const { other, is_child: otherIsChild, name, own_name: own } = pair;
        const [parent, child] = otherIsChild ? [own, name] : [name, own];
        return {
          object: ownTable(pair),
          problem: otherIsChild
            ? `shows the rows of its child, ${other}, outside of the managed schemas`
            : `shows its rows in its parent, ${other}, outside of the managed schemas`,
          fix: run(
            `ALTER TABLE ${child} NO INHERIT ${parent}`,
            ` (a partition: ALTER TABLE ${parent} DETACH PARTITION ${child}), or move ${otherIsChild ? 'it' : 'the parent'} into a managed schema`,
          ),
        };
      }),
};

export const inherits: CatalogRule = {
  id: 'inherits',
  levels: ['error', 'warning'],
  subject: 'tables',
  why: 'A query of a table shows the rows of its children by the policies and grants of the parent, not by theirs.',
  otherLevelWhen: 'where the child is declared as a table',
  fix: 'Use NO INHERIT, or declare the child as a table.',
  check: ({ catalog, accepted }) =>
    catalog.inheritance
      .filter(({ elsewhere }) => !elsewhere)
      .map((pair) => {
        const { other, name, own_name: own, child_schema, child_name } = pair;
        const declared = accepted.tables.some((one) => one.schema === child_schema && one.name === child_name);
        return {
          level: declared ? 'warning' : 'error',
          object: ownTable(pair),
          problem: `shows the rows of its child, ${other}, by its own policies`,
          fix: run(
            `ALTER TABLE ${name} NO INHERIT ${own}`,
            declared ? ', unless it is meant' : ', or declare the child as a table if it is meant',
          ),
        };
      }),
};

function ownTable({ table: text, own_schema: schema, own_table: name }: CatalogInheritance): FindingObject {
  return { kind: 'table', schema, name, text };
}
