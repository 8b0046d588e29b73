import { desiredAccess } from '../compile/access.ts';
import type { Declaration } from '../declaration/types.ts';
import type { ComparedCatalog } from '../postgres/catalog/read-catalog.ts';
import { ownSchemas } from '../compile/catalog-scope.ts';
import type { Step } from './plan/step.ts';
import { toRole } from './plan/plan-grants.ts';
import { affected, withDependents, type Reach, type ReachNode } from './reach.ts';
import { raw, statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/**
 * Plans to revoke all grants on objects whose access a migration has changed, and on their dependents. Between the
 * state before the run and the declared one, the catalogs do not show what a grantee would see. Includes relations with
 * changed rows that fewer roles see at the end of the run. Other objects keep their grants. The end of the run grants
 * what is declared.
 */
export function planSeal(
  declaration: Declaration,
  { before, after, written }: { before: Reach; after: Reach; written: readonly string[] },
  catalog: ComparedCatalog,
  planned: readonly Step[],
): Step[] {
  const excessive = new Set(planned.filter(({ purpose }) => purpose === 'revoke').map(({ place }) => place));
  // New columns are for roles with a grant on the whole table.
  const changed = affected(before, after, ({ schema, name }) => !excessive.has(`${schema}.${name}`));
  const touched = new Map([...changed, ...shownToFewer(declaration, after, written, { catalog, excessive })]);
  const own = new Set(ownSchemas(declaration));
  return [...touched.values()]
    .filter(({ schema }) => own.has(schema))
    .flatMap((node) => sealed(node, catalog, declaration.owner));
}

/** Finds nodes that show the written rows and lose grants or change policies at the end, and their dependents. */
function shownToFewer(
  declaration: Declaration,
  reach: Reach,
  written: readonly string[],
  { catalog, excessive }: { catalog: ComparedCatalog; excessive: ReadonlySet<string> },
): ReadonlyMap<string, ReachNode> {
  const missing = desiredAccess(declaration).policies.filter(
    ({ table, name }) =>
      !catalog.policies.some(
        (found) => found.schema === table.schema && found.table === table.name && found.name === name,
      ),
  );
  const narrowed = new Set([...excessive, ...missing.map(({ table }) => `${table.schema}.${table.name}`)]);
  const shows = withDependents(
    reach,
    written.flatMap((key) => reach.get(key) ?? []),
  );
  return withDependents(
    reach,
    [...shows.values()].filter(
      ({ schema, name }) => narrowed.has(`${schema}.${name}`) || narrowed.has(`schema ${schema}`),
    ),
  );
}

function sealed({ kind, schema, name, signature }: ReachNode, catalog: ComparedCatalog, owner: string): Step[] {
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
        .filter((fn) => fn.schema === schema && fn.signature === signature && !fn.fixed)
        .flatMap((fn) =>
          grantees(fn.grants)
            // Later migrations run what the owner may execute of an extension.
            .filter((grantee) => grantee !== owner)
            .map((grantee) => ({
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
