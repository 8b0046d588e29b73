import { COMMANDS } from '../../../declaration/commands.ts';
import type { Declaration } from '../../../declaration/types.ts';
import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { namedRelation } from '../../../audit/anywhere/named-relations.ts';
import type { RowCommand } from '../../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../../postgres/qualified-name.ts';
import type { Property } from '../property.ts';
import { anonymousProperties } from './anonymous.ts';
import { hasAllRows } from './declared-policies.ts';
import { nothingUndeclared } from './nothing-undeclared.ts';
import { ownRowsProperties } from './own-rows.ts';
import { roleRaiseProperties } from './role-raise.ts';
import { declaredTenancy, tenantIsolation, type Tenancy } from './tenant-isolation.ts';
import { tenantPair } from './tenant-pair.ts';

/** A role that is declared to reach every row of a table. */
export interface Administrator {
  readonly role: string;
  readonly relation: QualifiedName;
  readonly commands: readonly RowCommand[];
}

/** Properties, and the roles that they do not limit because every row is declared for them. */
export interface DerivedProperties {
  readonly properties: readonly Property[];
  readonly administrators: readonly Administrator[];
}

/** Derives the properties of each declared table: what the declaration says of tenants, owners, members and strangers. */
export function deriveProperties(declaration: Declaration, audited: Anywhere): DerivedProperties {
  const tenancy = declaredTenancy(declaration) ?? comparedTenancy(declaration, audited);
  const properties = declaration.tables.flatMap((table) => {
    const relation = namedRelation(audited, table) ?? { columns: [] };
    return [
      ...anonymousProperties(declaration, table),
      ...(tenancy ? tenantIsolation(declaration, table, relation, tenancy) : []),
      ...ownRowsProperties(declaration, table, audited),
      ...roleRaiseProperties(declaration, table, relation),
      ...nothingUndeclared(declaration, table, audited),
    ];
  });
  return { properties, administrators: administratorsOf(declaration) };
}

/** Without a `tenant` policy: a column and a claim that the policies of most tables compare. */
function comparedTenancy(declaration: Declaration, audited: Anywhere): Tenancy | undefined {
  const pair = tenantPair(audited);
  return pair && { ...pair, roles: declaration.users.map(({ name }) => name) };
}

function administratorsOf(declaration: Declaration): Administrator[] {
  return declaration.tables.flatMap((table) =>
    declaration.users.flatMap(({ name: role }) => {
      const commands = COMMANDS.filter((command) => hasAllRows(declaration, table, role, command));
      return commands.length === 0 ? [] : [{ role, relation: { schema: table.schema, name: table.name }, commands }];
    }),
  );
}
