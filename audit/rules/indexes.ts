import { membershipTable } from '../../declaration/membership-table.ts';
import type { Declaration, PolicyInput } from '../../declaration/types.ts';
import type { Catalog } from '../../postgres/catalog/catalog.ts';
import { nameOf, warning, type Finding } from '../finding.ts';

/** A policy is a condition of each query: without an index on its column, each reads the whole table. */
export function missingIndexes(declaration: Declaration, catalog: Catalog): Finding[] {
  const relations = new Map(catalog.relations.map((relation) => [nameOf(relation), relation]));
  const found = new Map<string, Finding>();
  for (const table of declaration.tables) {
    for (const { input } of table.policies) {
      for (const [schema, name, column] of comparedColumns(input, table.schema, table.name, declaration)) {
        if (relations.get(nameOf({ schema, name }))?.indexed_columns.includes(column)) continue;
        const object = `${schema}.${name}.${column}`;
        found.set(
          object,
          warning(
            'missing_index',
            object,
            'is compared by a policy and has no index',
            `create one that begins with "${column}"`,
          ),
        );
      }
    }
  }
  return [...found.values()];
}

function comparedColumns(
  input: PolicyInput,
  schema: string,
  table: string,
  declaration: Declaration,
): [string, string, string][] {
  switch (input.kind) {
    case 'own-rows':
    case 'tenant':
    case 'claim-list':
      return [[schema, table, input.column]];
    case 'membership': {
      const through = membershipTable(input, declaration);
      return [
        [schema, table, input.column],
        [through.schema, through.name, input.through.member],
      ];
    }
    case 'all-rows':
    case 'public-rows':
    case 'valid-between':
    case 'custom':
      return [];
  }
}
