import type { ParsedStatement } from '../../postgres/parse-sql.ts';
import { nodesIn } from '../../postgres/expressions/walk.ts';

/** Roles that statements name, without those that they make: a dump names roles, and makes none. */
export function namedRoles(statements: readonly ParsedStatement[]): string[] {
  const made = new Set(statements.map(madeRole));
  const named = statements.flatMap(({ kind, node }) => [
    ...[...nodesIn(node)].flatMap(([, { roletype, rolename }]) =>
      roletype === 'ROLESPEC_CSTRING' && typeof rolename === 'string' ? [rolename] : [],
    ),
    ...(kind === 'GrantRoleStmt' ? grantedRoles(node['granted_roles']) : []),
  ]);
  return [...new Set(named)].filter((name) => !made.has(name)).sort();
}

/** The role that a statement makes. */
export function madeRole({ kind, node }: ParsedStatement): string | undefined {
  return kind === 'CreateRoleStmt' ? String(node['role']) : undefined;
}

function grantedRoles(granted: unknown): string[] {
  return ((granted ?? []) as { AccessPriv: { priv_name: string } }[]).map(({ AccessPriv }) => AccessPriv.priv_name);
}
