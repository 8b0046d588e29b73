import { claimPath } from '../../declaration/claims.ts';
import type { FoundColumn, FoundRelation } from '../database/found.ts';
import { nodesIn } from '../../postgres/expressions/walk.ts';
import { claimOf, type ClaimFunctions } from './claim-expression.ts';
import { namesOf, textOf, type Expression } from '../../postgres/expressions/parse-expression.ts';
import type { Template } from './template.ts';

/** Inputs of a condition. */
export interface Reads {
  readonly claims: readonly (readonly string[])[];
  readonly columns: readonly FoundColumn[];
  readonly constants: readonly string[];
  readonly others: readonly { readonly table: FoundRelation; readonly columns: readonly FoundColumn[] }[];
}

/** Everything that a condition and the templates for it read; undefined where a table in it is not known. */
export function readsOf(
  expression: Expression,
  templates: readonly Template[],
  {
    relation,
    functions,
    tableOf,
  }: { relation: FoundRelation; functions: ClaimFunctions; tableOf: (name: string) => FoundRelation | undefined },
): Reads | undefined {
  const nodes = [...nodesIn({ [expression.kind]: expression.node })];
  const of = (kind: string) => nodes.filter(([name]) => name === kind).map(([, node]) => node);
  const references = of('ColumnRef').map((node) => namesOf(node['fields']));
  const ranges = of('RangeVar').map((node) => ({
    table: tableOf(`${String(node['schemaname'])}.${String(node['relname'])}`),
    alias: (node['alias'] as { aliasname?: string } | undefined)?.aliasname ?? String(node['relname']),
  }));
  if (ranges.some(({ table }) => !table)) return undefined;
  const named = templates.flatMap(columnsOf);
  const columnsIn = (table: FoundRelation, alias: string) =>
    table.columns.filter(({ name }) =>
      references.some((names) => names.at(-1) === name && (names.length === 1 || names.at(-2) === alias)),
    );
  return {
    claims: distinct([
      // A template may read a list where the condition has its members.
      ...templates.flatMap((template) => ('claim' in template ? [claimPath(template.claim)] : [])),
      ...nodes.flatMap(([kind, node]) => {
        const claim = /^[A-Z]/.test(kind) ? claimOf({ kind, node }, functions) : undefined;
        return claim ? [claim.path] : [];
      }),
    ]),
    columns: relation.columns.filter(
      (column) => named.includes(column.name) || columnsIn(relation, relation.name).includes(column),
    ),
    constants: of('A_Const').flatMap((node) => {
      const text = textOf({ kind: 'A_Const', node });
      const number = (node['ival'] as { ival?: number } | undefined)?.ival;
      return text !== undefined ? [text] : number !== undefined ? [String(number)] : [];
    }),
    others: ranges.map(({ table, alias }) => ({ table: table!, columns: columnsIn(table!, alias) })),
  };
}

function columnsOf(template: Template): readonly string[] {
  switch (template.kind) {
    case 'own-rows':
    case 'tenant':
    case 'claim-list':
    case 'membership':
      return [template.column];
    case 'public-rows':
      return Object.keys(template.where);
    case 'valid-between':
      return [template.from, template.until].filter((column) => column !== undefined);
    case 'all-rows':
    case 'custom':
      return [];
  }
}

function distinct(paths: readonly (readonly string[])[]): (readonly string[])[] {
  return [...new Map(paths.map((path) => [path.join('\0'), path])).values()];
}
