import { desiredAccess } from '../compile/access.ts';
import type { Declaration } from '../declaration/types.ts';
import type { PendingMigration } from './read-migrations.ts';

/** Migrations by transaction. */
export interface Commits {
  /** Groups that must commit before others run. */
  readonly early: readonly (readonly PendingMigration[])[];
  /** Migrations of the last transaction, which brings access to the declared state. */
  readonly last: readonly PendingMigration[];
}

/**
 * Divides migrations into transactions. One that Postgres does not run in a transaction is alone. One that adds a value to
 * an enum ends a transaction if later SQL uses the value, which Postgres allows only after a commit.
 */
export function planCommits(declaration: Declaration, migrations: readonly PendingMigration[]): Commits {
  const access = desiredAccess(declaration);
  const accessSql = [...access.policies, ...access.functions].map((one) => one.statement);
  const early: PendingMigration[][] = [];
  let open: PendingMigration[] = [];
  const commit = () => {
    if (open.length > 0) early.push(open);
    open = [];
  };
  for (const [at, migration] of migrations.entries()) {
    const later = () => [...migrations.slice(at + 1).map(({ source }) => source.sql), ...accessSql];
    const mustCommit = !migration.transactional || addedValues(migration).some((value) => isUsed(value, later()));
    if (!migration.transactional) commit();
    open.push(migration);
    if (mustCommit) commit();
  }
  return { early, last: open };
}

/** Values that a migration adds to enums. */
function addedValues({ statements }: PendingMigration): string[] {
  return statements.flatMap(({ kind, node }) =>
    kind === 'AlterEnumStmt' && node['oldVal'] === undefined ? [String(node['newVal'])] : [],
  );
}

function isUsed(value: string, texts: readonly string[]): boolean {
  const written = value.replaceAll("'", "''").replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const word = new RegExp(`(?<!\\w)${written}(?!\\w)`);
  return texts.some((sql) => word.test(sql));
}
