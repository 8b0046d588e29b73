import { createHash } from 'node:crypto';
import type pg from 'pg';
import { refuse } from '../declaration/errors.ts';
import { lineAt } from '../declaration/sql-text.ts';
import { quoteIdentifier } from '../declaration/quote.ts';
import type { Declaration, QualifiedName, SqlSource } from '../declaration/types.ts';
import { parseSql, type ParsedStatement } from './parse-sql.ts';
import { BATCH, failed, inOneMessage, ranTogether, setRole } from './run-steps.ts';
import { settings, settingsForMigrations } from './session.ts';
import { statement } from './statements.ts';

/** A migration that has not run on this database. */
export interface PendingMigration {
  readonly source: SqlSource;
  readonly statements: readonly ParsedStatement[];
  /** Whether it can be part of a transaction with others. */
  readonly transactional: boolean;
}

/**
 * What has to run, in order.
 *
 * @throws SecuredPostgrestError `migration_changed`, `migration_out_of_order`, `invalid_sql`
 */
export async function pendingMigrations(client: pg.ClientBase, declaration: Declaration): Promise<PendingMigration[]> {
  const { rows } = await client.query<{ file: string; sha256: string }>(
    statement('read_migrations', { private: declaration.privateSchema }),
  );
  const applied = new Map(rows.map(({ file, sha256 }) => [file, sha256]));
  const last = [...applied.keys()].sort().at(-1);
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
    if (before === undefined && last !== undefined && file < last) {
      refuse(
        'migration_out_of_order',
        file,
        `"${last}" has already run, and comes later`,
        'give it a name that comes behind',
      );
    }
  }
  const pending = declaration.migrations.filter(({ file }) => !applied.has(file));
  return Promise.all(pending.map(readMigration));
}

async function readMigration(source: SqlSource): Promise<PendingMigration> {
  const statements = await parseSql(source);
  const outside = statements.find(({ kind, node }) => runsOutside(kind, node));
  if (outside && statements.some(({ kind, node }) => !runsOutside(kind, node))) {
    refuse(
      'invalid_sql',
      `${source.file}:${lineAt(source.sql, outside.offset)}`,
      'this statement can not be part of a transaction, and others in the file should be',
      'move it to a migration of its own',
    );
  }
  for (const { kind, offset } of statements) {
    if (kind !== 'TransactionStmt') continue;
    refuse(
      'invalid_sql',
      `${source.file}:${lineAt(source.sql, offset)}`,
      'a migration can not begin or end a transaction',
      'remove it: the whole deploy is one',
    );
  }
  return { source, statements, transactional: !outside };
}

/** Statements that Postgres refuses inside a transaction block (its documentation says so under each). */
function runsOutside(kind: string, node: ParsedStatement['node']): boolean {
  switch (kind) {
    case 'IndexStmt':
      return node['concurrent'] === true;
    case 'DropStmt':
      return node['concurrent'] === true;
    case 'ReindexStmt':
      return WHOLE.includes(node['kind']) || JSON.stringify(node['params'] ?? []).includes('"concurrently"');
    case 'VacuumStmt':
      return node['is_vacuumcmd'] === true;
    case 'ClusterStmt':
      return node['relation'] === undefined;
    case 'AlterTableStmt':
      return JSON.stringify(node['cmds'] ?? []).includes('"concurrent":true');
    case 'AlterSystemStmt':
    case 'CreatedbStmt':
    case 'DropdbStmt':
    case 'CreateTableSpaceStmt':
    case 'DropTableSpaceStmt':
      return true;
    default:
      return false;
  }
}

/** What a REINDEX goes through table by table, each in a transaction. */
const WHOLE: readonly unknown[] = ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_DATABASE', 'REINDEX_OBJECT_SYSTEM'];

/** Runs migrations as the owner of the managed schemas, and records each with its own success. */
export async function runMigrations(
  client: pg.ClientBase,
  declaration: Declaration,
  migrations: readonly PendingMigration[],
): Promise<void> {
  for (const [n, migration] of migrations.entries()) {
    if (migration.transactional) await runConfined(client, declaration, migration, n === migrations.length - 1);
    else await runAlone(client, declaration, migration);
  }
}

/**
 * In a transaction each statement runs inside of a function that is the owner's and SECURITY DEFINER: there Postgres lets
 * nothing change the role, so that no block, function or trigger can get back to the admin's rights.
 */
async function runConfined(
  client: pg.ClientBase,
  declaration: Declaration,
  { source, statements }: PendingMigration,
  last: boolean,
): Promise<void> {
  const { privateSchema: schema, owner } = declaration;
  const confined = (sql: string) => statement('run_confined', { private: schema, sql });
  await client.query(
    inOneMessage([
      setRole(owner),
      statement('create_confinement', { private: schema }),
      settingsForMigrations(declaration),
    ]),
  );
  for (const batch of batches(statements)) await runBatch(client, source, batch, confined);
  if (last) {
    // What is deferred would otherwise run at the commit, as the admin.
    await client
      .query(confined(statement('check_deferred')))
      .catch((error: Error) => failed('migration_failed', source.file, error, waysOut(error)));
  }
  // Whatever the file has set must not change how the access SQL is understood.
  await client
    .query(
      inOneMessage([
        statement('reset_all'),
        settings(),
        confined(record(declaration, source)),
        statement('drop_confinement', { private: schema }),
        setRole(),
      ]),
    )
    .catch((error: Error) => failed('migration_failed', source.file, error, waysOut(error)));
}

/** Outside of a transaction there are only statements that run no SQL but an index's functions, which Postgres confines. */
async function runAlone(
  client: pg.ClientBase,
  declaration: Declaration,
  { source, statements }: PendingMigration,
): Promise<void> {
  await client.query(inOneMessage([settingsForMigrations(declaration), setRole(declaration.owner)]));
  for (const alone of statements) {
    await dropInterrupted(client, declaration, alone);
    await runBatch(client, source, [alone]).catch(async (error: unknown) => {
      await dropInterrupted(client, declaration, alone).catch(() => undefined);
      throw error;
    });
  }
  await client.query(inOneMessage([settings(), record(declaration, source), setRole()]));
}

function record({ privateSchema }: Declaration, { file, sql }: SqlSource): string {
  return statement('record_migration', { private: privateSchema, file, sha: sha256(sql) });
}

/** An interrupted build leaves an index that is invalid, in the way of the next one of its name; see CREATE INDEX. */
async function dropInterrupted(
  client: pg.ClientBase,
  { schemas, internalSchemas, privateSchema }: Declaration,
  { kind, node }: ParsedStatement,
): Promise<void> {
  if (kind !== 'IndexStmt' && kind !== 'ReindexStmt') return;
  const { schemaname, relname } = (node['relation'] ?? {}) as { schemaname?: string; relname?: string };
  const table = [schemaname, relname].flatMap((part) => (part === undefined ? [] : [quoteIdentifier(part)])).join('.');
  const { rows } = await client.query<QualifiedName>(statement('interrupted_builds'), [
    kind === 'IndexStmt' ? table : null,
    node['idxname'] ?? null,
    [...schemas, ...internalSchemas, privateSchema],
  ]);
  for (const index of rows) await client.query(statement('drop_index', { schema: index.schema, name: index.name }));
}

/** Statements to send together: a message is scanned as a whole, before a setting in it could change how. */
function batches(statements: readonly ParsedStatement[]): ParsedStatement[][] {
  const all: ParsedStatement[][] = [];
  for (const [n, next] of statements.entries()) {
    const last = all.at(-1);
    if (!last || last.length === BATCH || statements[n - 1]!.kind === 'VariableSetStmt') all.push([next]);
    else last.push(next);
  }
  return all;
}

/** One of several that has failed does not always say where it stands: one by one, the line is known. */
async function runBatch(
  client: pg.ClientBase,
  source: SqlSource,
  statements: readonly ParsedStatement[],
  wrapped: (sql: string) => string = (sql) => sql,
): Promise<void> {
  if (statements.length > 1) {
    const all = statements.map(({ sql }) => wrapped(sql));
    if (await ranTogether(client, all, (error) => failed('migration_failed', source.file, error))) return;
  }
  for (const { sql, offset } of statements) {
    await client.query(wrapped(sql)).catch((error: Error & Position) => {
      const at = offset + Math.max(positionIn(sql, error) - 1, 0);
      return failed('migration_failed', `${source.file}:${lineAt(source.sql, at)}`, error, waysOut(error));
    });
  }
}

/** Where Postgres stopped; in what a function runs, it is said with the text. */
interface Position {
  readonly position?: string;
  readonly internalPosition?: string;
  readonly internalQuery?: string;
}

function positionIn(sql: string, { position, internalPosition, internalQuery }: Position): number {
  return Number(
    (internalQuery === sql ? internalPosition : undefined) ?? (internalQuery === undefined ? position : 1) ?? 1,
  );
}

function waysOut({ message }: Error): string | undefined {
  if (!/^cannot set parameter "(role|session_authorization)"/.test(message)) return undefined;
  return 'remove it: migrations run as the owner of the schemas, and make no roles (declare them)';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
