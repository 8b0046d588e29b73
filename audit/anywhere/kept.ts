import type { Anywhere } from './anywhere.ts';
import { ownerColumn } from './owner-column.ts';
import type { RowCommand, SurveyedRelation } from './survey.ts';

/** Privileges that count like one on every column of each table. */
const ON_EVERYTHING: Readonly<Record<RowCommand, string>> = {
  select: 'pg_read_all_data',
  insert: 'pg_write_all_data',
  update: 'pg_write_all_data',
  delete: 'pg_write_all_data',
};

/** Columns on which grants let a role use a command, wherever the relation is; empty for none. */
export function grantedColumns(
  { reach }: Anywhere,
  role: string,
  relation: SurveyedRelation,
  command: RowCommand,
): 'all' | ReadonlySet<string> {
  const privilege = command.toUpperCase();
  const identities = reach.identities(role);
  if (reach.holds(role, relation, privilege) || identities.has(ON_EVERYTHING[command])) return 'all';
  const columns = relation.columns.filter(({ grants }) =>
    grants.some((grant) => grant.privilege === privilege && identities.has(grant.grantee)),
  );
  return new Set(columns.map(({ name }) => name));
}

/** True if grants let a role use a command on a relation that a view or a parsed body names: its schema does not count. */
export function isGranted(audited: Anywhere, role: string, relation: SurveyedRelation, command: RowCommand): boolean {
  const columns = grantedColumns(audited, role, relation, command);
  return columns === 'all' || columns.size > 0;
}

/** A bound that keeps a role from rows or columns of a table by itself. */
export type Keeper = 'policies' | 'grants' | 'columns' | 'owner column';

/**
 * Finds out what is meant to keep a role from what another's rights would show it.
 *
 * @param columns names of columns that it would see or write; all if undefined
 */
export function keeperOf(
  audited: Anywhere,
  role: string,
  table: SurveyedRelation,
  command: RowCommand,
  columns?: readonly string[],
): Keeper | undefined {
  if (table.row_security && audited.extent(role, table, command) !== 'all') return 'policies';
  const own = grantedColumns(audited, role, table, command);
  if (own === 'all') return undefined;
  if (own.size > 0) {
    const shown = new Set(columns ?? table.columns.map(({ name }) => name));
    return table.columns.some(({ name }) => shown.has(name) && !own.has(name)) ? 'columns' : undefined;
  }
  if (audited.scope.roles.some((other) => isGranted(audited, other, table, command))) return 'grants';
  return ownerColumn(table) === undefined ? undefined : 'owner column';
}

/** True if another role's rights on a table, which count in place of the caller's, reach all rows. */
export function reachesAll(audited: Anywhere, role: string, table: SurveyedRelation, command: RowCommand): boolean {
  return isGranted(audited, role, table, command) && audited.extent(role, table, command) === 'all';
}
