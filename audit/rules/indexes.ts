import { membershipTable } from '../../declaration/membership-table.ts';
import type { Declaration, PolicyInput } from '../../declaration/types.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { columnObject } from '../finding-object.ts';
import { fix } from '../fix.ts';
import { sqlName } from '../relations.ts';
import type { DeclarationRule } from '../rule.ts';

export const missingIndex: DeclarationRule = {
  id: 'missing_index',
  levels: ['warning'],
  subject: 'tables',
  topic: 'speed',
  why: 'A policy compares the column in each query. Without an index, each query reads the whole table.',
  fix: 'Create an index that begins with the column.',
  compare: ({ declaration, catalog }) => {
    const relations = new Map(catalog.relations.map((relation) => [sqlName(relation), relation]));
    const compared = declaration.tables.flatMap((table) =>
      table.policies.flatMap(({ input }) => comparedColumns(input, table.schema, table.name, declaration)),
    );
    const missing = new Map(
      compared
        .filter(([schema, name, column]) => !relations.get(sqlName({ schema, name }))?.indexed_columns.includes(column))
        .map(([schema, name, column]) => [
          sqlName({ schema, name }) + quoteIdentifier(column),
          { schema, name, column },
        ]),
    );
    return [...missing.values()].map(({ schema, name, column }) => ({
      object: columnObject({ schema, name }, column),
      problem: 'is compared by a policy and has no index',
      fix: fix(
        `create one that begins with "${column}"`,
        `CREATE INDEX ON ${sqlName({ schema, name })} (${quoteIdentifier(column)})`,
      ),
    }));
  },
};

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
