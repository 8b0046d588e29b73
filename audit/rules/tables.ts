import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { Catalog } from '../../postgres/catalog/catalog.ts';
import { error, isGranted, isTable, nameOf, warning, type Finding } from '../finding.ts';

/** A grant on a table without row security shows every row; without a policy nothing says which rows were meant. */
export function rowSecurity(_: Declaration, catalog: Catalog): Finding[] {
  const protectedTables = new Set(catalog.policies.map(({ schema, table }) => nameOf({ schema, name: table })));
  return catalog.relations
    .filter((relation) => isTable(relation) && isGranted(relation))
    .flatMap((relation) => {
      const object = nameOf(relation);
      return [
        ...(relation.row_security
          ? []
          : [error('rls_disabled', object, 'is granted without row security', 'declare it as a table')]),
        ...(relation.force_row_security
          ? []
          : [error('rls_not_forced', object, 'does not bind its owner', 'declare it as a table')]),
        ...(protectedTables.has(object)
          ? []
          : [error('no_policy', object, 'is granted and has no policy', 'declare a policy')]),
      ];
    });
}

/** The commands of a rule run with the rights of the table's owner, on whatever tables they name. */
export function rewriteRules(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.rules.map(({ schema, table, name }) =>
    error(
      'rewrite_rule',
      `rule ${name} of ${schema}.${table}`,
      "runs with its owner's rights",
      `DROP RULE ${quoteIdentifier(name)} ON ${sqlName(schema, table)}, and use a trigger`,
    ),
  );
}

/** These have no row security of their own. */
export function bypassingRelations(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.relations.filter(isGranted).flatMap((relation) => {
    const object = nameOf(relation);
    switch (relation.kind) {
      case 'v':
        if (relation.security_invoker) return [];
        return [
          error(
            'view_bypasses_policies',
            object,
            "runs with its owner's rights",
            `ALTER VIEW ${sqlName(relation.schema, relation.name)} SET (security_invoker = true)`,
          ),
        ];
      case 'm':
      case 'f':
        return [
          error(
            'view_bypasses_policies',
            object,
            `is a ${relation.kind === 'm' ? 'materialized view' : 'foreign table'}, which no policy can protect`,
            'put a view or a function before it',
          ),
        ];
      case 'r':
      case 'p':
      case 'S':
        return [];
    }
  });
}

/** Rows of a child elsewhere come out of the declared table, and those of a declared child out of the parent. */
export function sharedRows(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.inheritance
    .filter(({ elsewhere }) => elsewhere)
    .map(({ table, other, is_child: child, name, own_name: own }) =>
      error(
        'inherits_elsewhere',
        table,
        child
          ? `shows the rows of its child, ${other}, outside of the managed schemas`
          : `shows its rows in its parent, ${other}, outside of the managed schemas`,
        child
          ? `ALTER TABLE ${name} NO INHERIT ${own} (a partition: ALTER TABLE ${own} DETACH PARTITION ${name}), or move it into a managed schema`
          : `ALTER TABLE ${own} NO INHERIT ${name} (a partition: ALTER TABLE ${name} DETACH PARTITION ${own}), or move the parent into a managed schema`,
      ),
    );
}

/** A query of the parent shows the rows of its children by its own policies and grants. */
export function inheritedRows({ tables }: Declaration, catalog: Catalog): Finding[] {
  return catalog.inheritance
    .filter(({ elsewhere }) => !elsewhere)
    .map(({ table, other, name, own_name: own, child_schema, child_name }) => {
      const declared = tables.some((one) => one.schema === child_schema && one.name === child_name);
      return (declared ? warning : error)(
        'inherits',
        table,
        `shows the rows of its child, ${other}, by its own policies`,
        declared
          ? `ALTER TABLE ${name} NO INHERIT ${own}, unless it is meant`
          : `ALTER TABLE ${name} NO INHERIT ${own}, or declare the child as a table if it is meant`,
      );
    });
}

/** Policies do not bind replication. */
export function replicatedTables(_: Declaration, catalog: Catalog): Finding[] {
  return [
    ...catalog.publishedTables.map(({ schema, table, publication }) =>
      warning(
        'published',
        nameOf({ schema, name: table }),
        `leaves the database through the publication "${publication}", with all its rows`,
        `drop it from the publication, unless it is meant: ALTER PUBLICATION ${quoteIdentifier(publication)} DROP TABLE ${sqlName(schema, table)}`,
      ),
    ),
    ...catalog.subscribedTables.map(({ schema, table }) =>
      warning(
        'subscribed',
        nameOf({ schema, name: table }),
        'is written by a subscription, past policies and triggers',
        'drop it from the publication that the subscription follows, unless it is meant',
      ),
    ),
  ];
}

export function sqlName(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}
