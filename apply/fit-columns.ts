import { membershipTable } from '../declaration/membership-table.ts';
import { typeName } from '../declaration/claims.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { isSubject } from '../compile/subject-names.ts';
import type { ClaimPath, ClaimType, Declaration, Policy, QualifiedName } from '../declaration/types.ts';
import type { CatalogRelation } from '../postgres/catalog/catalog.ts';
import type { ComparedCatalog } from '../postgres/catalog/read-catalog.ts';
import { namedIn } from './by-name.ts';

const TEXTS = ['text', 'varchar', 'bpchar', 'name', 'citext', 'char'];
const EXACT = ['int2', 'int4', 'int8', 'numeric'];

/**
 * Column types that a claim can be compared with, by the claim's type: `=` converts either side without failing, and
 * without losing digits. For a float8 column Postgres converts a numeric claim to float8, which fails for 1e400; an
 * int8 loses digits.
 */
const COMPARED: Readonly<Record<string, readonly string[]>> = {
  text: TEXTS,
  uuid: ['uuid'],
  bool: ['bool'],
  int2: [...EXACT, 'float4', 'float8'],
  int4: [...EXACT, 'float4', 'float8'],
  int8: EXACT,
  numeric: EXACT,
};

/** Key types that a membership function can return, by its result type: wider keys fail, fractions are rounded. */
const RETURNED: Readonly<Record<string, readonly string[]>> = {
  text: [...TEXTS, ...EXACT, 'uuid', 'bool', 'enum'],
  uuid: ['uuid'],
  bool: ['bool'],
  int2: ['int2'],
  int4: ['int2', 'int4'],
  int8: ['int2', 'int4', 'int8'],
  numeric: EXACT,
};

/** One word of the declaration for each type, as a fix names it. */
const CLAIM_TYPES: readonly ClaimType[] = ['text', 'uuid', 'int', 'bigint', 'numeric', 'int2', 'boolean'];

/** A column that a template compares with a value of a type. */
interface Use {
  readonly table: QualifiedName;
  readonly column: string;
  readonly type: ClaimType;
  /** Option of the policy that sets the type. */
  readonly option: 'type' | 'memberType';
  readonly fits: typeof COMPARED;
  /** The claim that is compared with the column itself. */
  readonly claim?: ClaimPath;
}

/**
 * Rejects columns whose comparison with a claim may fail. Postgres compares only if there is a row, so the error would
 * reveal a row that the policy hides. With revocation, rejects columns that equate subjects which revocation
 * distinguishes.
 *
 * @throws SecuredPostgrestError `unfit_column`
 */
export function checkPolicyColumns(declaration: Declaration, { relations }: ComparedCatalog): void {
  for (const table of declaration.tables) {
    for (const use of table.policies.flatMap((policy) => usesOf(table, policy, declaration))) {
      const [relation] = namedIn(relations, use.table);
      if (relation) checkUse(use, relation, declaration);
    }
  }
}

function checkUse(
  { column, type, option, fits, claim }: Use,
  relation: CatalogRelation,
  declaration: Declaration,
): void {
  const found = relation.types[relation.columns.indexOf(column)];
  if (found === undefined) return;
  const place = `${relation.schema}.${relation.name}.${column}`;
  const fitting = fits[typeName(type)]!;
  if (!fitting.includes(found)) {
    const better = CLAIM_TYPES.filter((other) => fits[typeName(other)]!.includes(found));
    const best = better.find((other) => typeName(other) === found) ?? better[0];
    refuse(
      'unfit_column',
      place,
      `the column has the type ${found}, the policy's ${option} is '${type}': converting one to the other may fail, and tell of hidden rows`,
      `${best ? `write ${option}: '${best}', or ` : ''}make it a column of the type ${fitting.join(', ')}`,
    );
  }
  const { revocation } = declaration.tokens;
  if (revocation && claim && isSubject(claim, revocation) && relation.nondeterministic_columns.includes(column)) {
    refuse(
      'unfit_column',
      place,
      'the collation of the column is nondeterministic: a token that spells a revoked subject differently still reaches its rows',
      'give the column a deterministic collation',
    );
  }
}

function usesOf(table: QualifiedName, { input }: Pick<Policy, 'input'>, declaration: Declaration): Use[] {
  switch (input.kind) {
    case 'own-rows':
    case 'tenant':
    case 'claim-list': {
      const { column, type, claim } = input;
      return [{ table, column, type, claim, option: 'type', fits: COMPARED }];
    }
    case 'membership': {
      const { column, type, memberType, claim } = input;
      const { key, member } = input.through;
      const through = membershipTable(input, declaration);
      return [
        { table, column, type, option: 'type', fits: COMPARED },
        { table: through, column: key, type, option: 'type', fits: RETURNED },
        { table: through, column: member, type: memberType, claim, option: 'memberType', fits: COMPARED },
      ];
    }
    default:
      return [];
  }
}
