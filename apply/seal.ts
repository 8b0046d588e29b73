import type { Declaration } from '../declaration/types.ts';
import { ownSchemas, type ComparedCatalog } from './catalog.ts';
import { plan, type Step } from './plan.ts';
import { toRole } from './plan-grants.ts';
import { affected, type Reach, type ReachNode } from './reach.ts';
import { raw, statement } from './statements.ts';

/**
 * Takes all grants on what a migration has changed in its access, and on whatever rests on that: who is granted something
 * sees by it what was granted before or what is declared, and in between neither can be told from the catalogs. What was
 * not touched stays as it was. The run's end grants as declared.
 */
export function planSeal(declaration: Declaration, before: Reach, after: Reach, catalog: ComparedCatalog): Step[] {
  const touched = [...affected(before, after, (node) => grantsAsDeclared(declaration, catalog, node)).values()];
  const own = new Set(ownSchemas(declaration));
  return touched.filter(({ schema }) => own.has(schema)).flatMap((node) => sealed(node, catalog));
}

/** Where nobody has more than is declared, a column that is new is for those who are granted the whole table. */
function grantsAsDeclared(declaration: Declaration, catalog: ComparedCatalog, { schema, name }: ReachNode): boolean {
  return !plan(declaration, catalog).steps.some(
    ({ purpose, place }) => purpose === 'take away' && place === `${schema}.${name}`,
  );
}

function sealed({ kind, schema, name, signature }: ReachNode, catalog: ComparedCatalog): Step[] {
  switch (kind) {
    case 'relation':
      return catalog.relations
        .filter((relation) => relation.schema === schema && relation.name === name)
        .flatMap((relation) =>
          grantees([...relation.grants, ...relation.column_grants]).map((grantee) => ({
            sql: statement(relation.kind === 'S' ? 'revoke_on_sequence' : 'revoke_on_relation', {
              schema,
              name,
              grantee: toRole(grantee),
            }),
            as: relation.extension ? 'admin' : 'owner',
            place: `${schema}.${name}`,
          })),
        );
    case 'function':
      return catalog.functions
        .filter((fn) => fn.schema === schema && fn.signature === signature)
        .flatMap((fn) =>
          grantees(fn.grants).map((grantee) => ({
            sql: statement('revoke_on_function', { signature: raw(signature), grantee: toRole(grantee) }),
            as: fn.extension ? 'admin' : 'owner',
            place: `${schema}.${name}`,
          })),
        );
    case 'schema':
      return catalog.schemas
        .filter((found) => found.name === name)
        .flatMap(({ grants }) =>
          grantees(grants).map((grantee) => ({
            sql: statement('revoke_on_schema', { name, grantee: toRole(grantee) }),
            as: 'owner',
            place: `schema ${name}`,
          })),
        );
    case 'type':
    case 'operator':
    case 'cast':
      return [];
  }
}

function grantees(grants: readonly { readonly grantee: string }[]): string[] {
  return [...new Set(grants.map(({ grantee }) => grantee))];
}
