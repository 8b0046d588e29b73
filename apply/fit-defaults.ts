import { claimPath, typeName } from '../declaration/claims.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { ClaimType, Declaration } from '../declaration/types.ts';
import type { ComparedCatalog } from '../postgres/catalog/read-catalog.ts';
import { namedIn } from './by-name.ts';

const TEXTS = ['text', 'varchar', 'bpchar', 'name'];
const NUMBERS = ['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'];

/** Claim type that suits each column type. Postgres itself rejects a default of another type that it cannot assign. */
const SUITS: Readonly<Record<string, ClaimType>> = {
  int2: 'int2',
  int4: 'int',
  int8: 'bigint',
  numeric: 'numeric',
  float4: 'numeric',
  float8: 'numeric',
  uuid: 'uuid',
  bool: 'boolean',
};

/** Column types to which Postgres assigns a claim, by the claim's type. */
const ASSIGNED: Readonly<Record<string, readonly string[]>> = {
  text: TEXTS,
  uuid: ['uuid', ...TEXTS],
  bool: ['bool', ...TEXTS],
  int2: [...NUMBERS, ...TEXTS],
  int4: [...NUMBERS, ...TEXTS],
  int8: [...NUMBERS, ...TEXTS],
  numeric: [...NUMBERS, ...TEXTS],
};

/**
 * Rejects defaults whose claim has a type that Postgres does not assign to the column.
 *
 * @throws SecuredPostgrestError `unfit_column`
 */
export function checkDefaultColumns({ tables }: Declaration, { relations }: ComparedCatalog): void {
  for (const table of tables) {
    const [relation] = namedIn(relations, table);
    if (!relation) continue;
    for (const [column, { claim, type }] of Object.entries(table.defaults ?? {})) {
      const found = relation.types[relation.columns.indexOf(column)];
      const better = found === undefined ? undefined : SUITS[found];
      if (!better || ASSIGNED[typeName(type)]!.includes(found!)) continue;
      refuse(
        'unfit_column',
        `${table.schema}.${table.name}.${column}`,
        `the column has the type ${found}, and its default is the claim "${claimPath(claim).join('.')}" as '${type}'`,
        `give the claim of the default the type '${better}'`,
      );
    }
  }
}
