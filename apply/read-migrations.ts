import { createHash } from 'node:crypto';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { compareMigrations } from '../declaration/migration-order.ts';
import type { SqlSource } from '../declaration/types.ts';
import { parseSql, type ParsedStatement } from '../postgres/parse-sql.ts';
import { placeIn } from '../postgres/place-in.ts';
import { checkStatements, isLeftOut, runsOutside } from './migration-statements.ts';
import type { Session } from './session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');
const extensionStatement = statementsOf('apply/extensions');

/** A migration that has not run on this database. */
export interface PendingMigration {
  readonly source: SqlSource;
  readonly statements: readonly MigrationStatement[];
  /** True if it can be part of a transaction with others. */
  readonly transactional: boolean;
}

export interface MigrationStatement extends ParsedStatement {
  /** True for a statement about an extension that the owner may not run. */
  readonly asAdmin?: boolean;
}

/**
 * Reads which migrations have yet to run, in order.
 *
 * @throws SecuredPostgrestError `migration_changed`, `migration_out_of_order`, `invalid_sql`
 */
export async function pendingMigrations(session: Session): Promise<PendingMigration[]> {
  const { client, declaration } = session;
  const { rows } = await client.query<{ file: string; sha256: string }>(
    statement('read_migrations', { private: declaration.privateSchema }),
  );
  const applied = new Map(rows.map(({ file, sha256 }) => [file, sha256]));
  const last = [...applied.keys()].sort(compareMigrations).at(-1);
  for (const { file, sql } of declaration.migrations) {
    const before = applied.get(file);
    if (before !== undefined && before !== sha256(sql)) {
      refuse(
        'migration_changed',
        file,
        'it was changed after it had run on this database',
        'restore it, and put the change into a new migration',
      );
    }
    if (before === undefined && last !== undefined && compareMigrations(file, last) < 0) {
      refuse(
        'migration_out_of_order',
        file,
        `"${last}" has already run, and comes later`,
        'give it a name that comes behind',
      );
    }
  }
  const pending = declaration.migrations.filter(({ file }) => !applied.has(file));
  return markExtensions(session, await Promise.all(pending.map((source) => readMigration(session, source))));
}

async function readMigration({ declaration }: Session, source: SqlSource): Promise<PendingMigration> {
  const parsed = await parseSql(source);
  checkStatements(declaration, source, parsed);
  const statements = parsed.filter((one) => !isLeftOut(declaration, one));
  const outside = statements.find(runsOutside);
  if (outside && !statements.every(runsOutside)) {
    refuse(
      'invalid_sql',
      placeIn(source, outside.offset),
      'this statement cannot be part of a transaction, and others in the file should be',
      'move it to a migration of its own',
    );
  }
  return { source, statements, transactional: !outside };
}

/** Marks the statements about extensions that the owner may not run. */
async function markExtensions(
  { client }: Session,
  migrations: readonly PendingMigration[],
): Promise<PendingMigration[]> {
  const names = migrations.flatMap(({ statements }) => statements.flatMap((one) => extensionOf(one) ?? []));
  const { rows } =
    names.length === 0
      ? { rows: [] }
      : await client.query<{ name: string }>(extensionStatement('untrusted_extensions'), [names]);
  const untrusted = new Set(rows.map(({ name }) => name));
  const isUntrusted = (one: ParsedStatement) => untrusted.has(extensionOf(one) ?? '');
  return migrations.map((migration) => ({
    ...migration,
    statements: migration.statements.map((one) =>
      isUntrusted(one) || isComment(one) ? { ...one, asAdmin: true } : one,
    ),
  }));
}

/** Tests for a comment on an extension, which only its owner may write, as dumps do. */
function isComment({ kind, node }: ParsedStatement): boolean {
  return kind === 'CommentStmt' && node['objtype'] === 'OBJECT_EXTENSION';
}

function extensionOf({ kind, node }: ParsedStatement): string | undefined {
  return kind === 'CreateExtensionStmt' ? String(node['extname']) : undefined;
}

/** Digest of a migration, which a run records. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
