import { desiredAccess } from '../compile/access.ts';
import type { Declaration } from '../declaration/types.ts';
import type { PendingMigration } from './read-migrations.ts';

/** From this version on, Postgres lets a transaction use new values of an enum that it has created. */
const USES_VALUES_OF_NEW_ENUMS = 170_000;

/**
 * Counts the migrations that must commit before the others run. The last of them either cannot be part of a transaction, or
 * adds a value to an enum that later SQL uses: Postgres allows that only after a commit.
 *
 * @param version of the server, such as 180006
 */
export function countEarly(declaration: Declaration, migrations: readonly PendingMigration[], version: number): number {
  const access = desiredAccess(declaration);
  const accessSql = [...access.policies, ...access.functions].map((one) => one.statement).join('\n');
  const addsUsedValue = ({ statements }: PendingMigration, at: number, early: number) =>
    statements.some(({ kind, node }) => {
      const added = node['newVal'];
      if (kind !== 'AlterEnumStmt' || typeof added !== 'string' || node['oldVal'] !== undefined) return false;
      const isNew = version >= USES_VALUES_OF_NEW_ENUMS && migrations.slice(early).some((one) => creates(one, node));
      const later = [...migrations.slice(at + 1).map(({ source }) => source.sql), accessSql];
      return !isNew && later.some((sql) => mentions(sql, added));
    });
  let early = migrations.findLastIndex(({ transactional }) => !transactional) + 1;
  for (;;) {
    // A commit of its own makes the enums of earlier files old ones.
    const next = migrations.findLastIndex((one, at) => at >= early && addsUsedValue(one, at, early)) + 1;
    if (next <= early) return early;
    early = next;
  }
}

function creates({ statements }: PendingMigration, added: Readonly<Record<string, unknown>>): boolean {
  const name = JSON.stringify(added['typeName']);
  return statements.some(({ kind, node }) => kind === 'CreateEnumStmt' && JSON.stringify(node['typeName']) === name);
}

function mentions(sql: string, value: string): boolean {
  const text = value.replaceAll("'", "''").replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`(?<![\\w])${text}(?![\\w])`).test(sql);
}
