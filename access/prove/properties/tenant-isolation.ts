import { columnConditions } from '../../../compile/condition.ts';
import { COMMANDS } from '../../../declaration/commands.ts';
import { effectiveRoles } from '../../../declaration/roles.ts';
import type { ClaimPath, Declaration, Table } from '../../../declaration/types.ts';
import type { SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import type { Property } from '../property.ts';
import { anyOf, columnIsClaim } from './claim-sql.ts';
import { bindingPolicies } from './declared-policies.ts';

/** A column that says to which tenant a row belongs, and the claim that names the tenant of a token. */
export interface TenantPair {
  readonly column: string;
  readonly claim: ClaimPath;
  readonly type: string;
}

/** The tenant pair that most tables declare, and the roles that it binds somewhere. */
export interface Tenancy extends TenantPair {
  readonly roles: readonly string[];
}

/** Finds by `tenant` policies how tenants are told apart; undefined without one. */
export function declaredTenancy(declaration: Declaration): Tenancy | undefined {
  const found = declaration.tables.flatMap(({ policies }) =>
    policies.flatMap(({ input, roles }) => (input.kind === 'tenant' ? [{ input, roles }] : [])),
  );
  const counts = new Map<string, { readonly pair: TenantPair; count: number }>();
  for (const { input } of found) {
    const { column, claim, type } = input;
    const key = JSON.stringify([column, claim, type]);
    const known = counts.get(key) ?? { pair: { column, claim, type }, count: 0 };
    known.count++;
    counts.set(key, known);
  }
  const [most] = [...counts.values()].sort((a, b) => b.count - a.count);
  if (!most) return undefined;
  const bound = new Set(found.flatMap(({ roles }) => roles));
  const roles = declaration.users
    .map(({ name }) => name)
    .filter((name) => [...effectiveRoles(name, declaration)].some((role) => bound.has(role)));
  return { ...most.pair, roles };
}

/**
 * The property that no row of another tenant is reached: for each table with the column of a tenant, also where no policy
 * of its own compares the column.
 */
export function tenantIsolation(
  declaration: Declaration,
  table: Table,
  relation: Pick<SurveyedRelation, 'columns'>,
  tenancy: Tenancy,
): Property[] {
  const pair = pairOf(table, tenancy);
  const column = relation.columns.find(({ name }) => name === pair.column);
  if (!column) return [];
  const own = columnIsClaim(pair.column, pair.claim, pair.type);
  const ofTenant = column.required ? own : `${quoteIdentifier(pair.column)} IS NULL OR ${own}`;
  const names = { schema: table.schema, name: table.name };
  // A role by itself: the public rows differ.
  const byCondition = new Map<string, string[]>();
  for (const role of tenancy.roles) {
    const only = anyOf([ofTenant, ...publicConditions(declaration, table, role)]);
    byCondition.set(only, [...(byCondition.get(only) ?? []), role]);
  }
  return [...byCondition].flatMap(([read, roles]) => {
    const property = (commands: Property['commands'], only: string, verb: string): Property => ({
      name: 'tenant-isolation',
      words: `no row of another tenant in ${table.name} is ${verb} by ${roles.join(', ')}`,
      roles,
      relation: names,
      commands,
      only,
    });
    if (read === ofTenant) return [property(COMMANDS, ofTenant, 'read or written')];
    return [
      property(['select'], read, 'read, but public ones,'),
      property(['insert', 'update', 'delete'], ofTenant, 'written'),
    ];
  });
}

/** The table's own pair, or that of most tables. */
function pairOf({ policies }: Table, tenancy: TenantPair): TenantPair {
  const own = policies.map(({ input }) => input).find((input) => input.kind === 'tenant');
  return own?.kind === 'tenant' ? own : tenancy;
}

/** Rows that are declared public for the role, unless it is declared to stay in its tenant there as well. */
function publicConditions(declaration: Declaration, table: Table, role: string): string[] {
  const binding = bindingPolicies(declaration, table, role, 'select');
  if (binding.some(({ restrictive, input }) => restrictive && input.kind === 'tenant')) return [];
  return binding.flatMap(({ restrictive, input }) =>
    !restrictive && input.kind === 'public-rows' ? [columnConditions(input.where).join(' AND ')] : [],
  );
}
