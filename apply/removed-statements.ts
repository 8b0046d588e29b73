import type { Declaration } from '../declaration/types.ts';
import { parseSql, type ParsedStatement } from '../postgres/parse-sql.ts';
import { placeIn } from '../postgres/place-in.ts';
import { granteeOf, isManaged, isSame, keyOf, listText, qualify, shown } from './declared-names.ts';
import { isLeftOut } from './migration-statements.ts';
import { namesOf, rangeNames, tableCommands, type ObjectNode, type RangeVar, type RoleSpec } from './parse-nodes.ts';
import { removedGrants } from './removed-grants.ts';
import { NOT_DECLARED, type Removed, type RemovedStatement } from './removed.ts';

/**
 * Finds the statements of migrations that the declaration overrules.
 *
 * @param files the migrations. @default all
 */
export async function readRemoved(
  declaration: Declaration,
  files: readonly string[] = declaration.migrations.map(({ file }) => file),
): Promise<RemovedStatement[]> {
  const sources = declaration.migrations.filter(({ file }) => files.includes(file));
  const removed = await Promise.all(
    sources.map(async (source) =>
      (await parseSql(source)).flatMap((one) =>
        removedOf(declaration, one).map((part) => ({ ...part, place: placeIn(source, one.offset) })),
      ),
    ),
  );
  return removed.flat();
}

function removedOf(declaration: Declaration, one: ParsedStatement): Removed[] {
  const { kind, node } = one;
  const { owner } = declaration;
  switch (kind) {
    case 'GrantStmt':
      return removedGrants(declaration, one);
    case 'AlterDefaultPrivilegesStmt':
      return (node['action'] as ParsedStatement['node'])['is_grant']
        ? [{ statement: shown(one), reason: NOT_DECLARED, fix: 'declare the grants of each new table or function' }]
        : [];
    case 'AlterOwnerStmt':
      return isLeftOut(declaration, one)
        ? [{ statement: shown(one), reason: `${owner} owns every object`, fix: 'remove it' }]
        : [];
    case 'CreatePolicyStmt':
    case 'AlterPolicyStmt':
      return removedPolicy(declaration, one, rangeNames(node['table'] as RangeVar), String(node['policy_name']));
    case 'DropStmt':
      if (node['removeType'] !== 'OBJECT_POLICY') return [];
      return (node['objects'] as readonly ObjectNode[])
        .map(namesOf)
        .flatMap((names) => removedPolicy(declaration, one, names.slice(0, -1), names.at(-1)!));
    case 'AlterTableStmt':
      if (isLeftOut(declaration, one))
        return [{ statement: shown(one), reason: `${owner} owns every object`, fix: 'remove it' }];
      return tableCommands(node).some(({ subtype }) => /^AT_(Disable|NoForce)RowSecurity$/.test(subtype)) &&
        isManaged(declaration, qualify(declaration, rangeNames(node['relation'] as RangeVar)))
        ? [{ statement: shown(one), reason: 'row security is always on', fix: 'declare allRows for the roles' }]
        : [];
    default:
      return [];
  }
}

function removedPolicy(
  declaration: Declaration,
  one: ParsedStatement,
  tableNames: readonly string[],
  name: string,
): Removed[] {
  const table = qualify(declaration, tableNames);
  if (!isManaged(declaration, table)) return [];
  const isDeclared = declaration.tables
    .filter((declared) => isSame(declared, table))
    .some(({ policies }) => policies.some(({ statements }) => statements.some((policy) => policy.name === name)));
  if (one.kind !== 'CreatePolicyStmt') {
    return isDeclared
      ? [{ statement: shown(one), reason: 'the policy is declared', fix: 'change its declaration' }]
      : [];
  }
  if (isDeclared) return [];
  const { cmd_name: command = 'all', permissive, roles = [] } = one.node as unknown as PolicyNode;
  const parts = [
    `name: '${name}'`,
    ...(command === 'all' ? [] : [`for: '${command}'`]),
    `to: ${listText(roles.map(({ RoleSpec }) => granteeOf(RoleSpec)))}`,
    ...(permissive ? [] : ['restrictive: true']),
    `using: sqlFile('policies/${name.replace(/\W+/g, '_')}.sql')`,
  ];
  const fix = `to keep it, declare it for ${keyOf(table)}: custom({ ${parts.join(', ')} })`;
  return [{ statement: shown(one), reason: NOT_DECLARED, fix }];
}

interface PolicyNode {
  readonly cmd_name?: string;
  readonly permissive?: boolean;
  readonly roles?: readonly { readonly RoleSpec: RoleSpec }[];
}
