import { createHash } from 'node:crypto';
import type pg from 'pg';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { lineAt } from '../postgres/sql-text.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { Declaration, QualifiedName, SqlSource } from '../declaration/types.ts';
import { ownTables } from '../compile/catalog-scope.ts';
import { confined, createConfinement, dropConfinement, runConfined } from './confinement.ts';
import { parseSql, type ParsedStatement } from '../postgres/parse-sql.ts';
import { offsetIn, type Position } from '../postgres/position.ts';
import { BATCH, failed, inOneMessage, setRole, tryTogether } from './run-steps.ts';
import { searchPath } from './search-path.ts';
import type { Session } from './session.ts';
import { sessionSettings } from '../postgres/session.ts';
import { raw, statementsOf } from '../postgres/statements.ts';
import { transaction } from './transaction.ts';

const statement = statementsOf('apply/statements');
const sessionStatement = statementsOf('postgres/session');

/** A migration that has not run on this database. */
export interface PendingMigration {
  readonly source: SqlSource;
  readonly statements: readonly ParsedStatement[];
  /** True if it can be part of a transaction with others. */
  readonly transactional: boolean;
}

/**
 * Reads which migrations have yet to run, in order.
 *
 * @throws SecuredPostgrestError `migration_changed`, `migration_out_of_order`, `invalid_sql`
 */
export async function pendingMigrations({ client, declaration }: Session): Promise<PendingMigration[]> {
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
  return Promise.all(pending.map((source) => readMigration(declaration, source)));
}

async function readMigration(declaration: Declaration, source: SqlSource): Promise<PendingMigration> {
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
  for (const { kind, node, offset } of statements) {
    if (outside && kind === 'IndexStmt' && isOwnTable(declaration, node['relation'])) {
      refuse(
        'invalid_sql',
        `${source.file}:${lineAt(source.sql, offset)}`,
        'it makes an index of a table of the package, which nothing could take back',
        'remove it',
      );
    }
    if (kind === 'AlterExtensionContentsStmt') {
      refuse(
        'invalid_sql',
        `${source.file}:${lineAt(source.sql, offset)}`,
        "a migration can not add to an extension, or take from it: what is an extension's is taken as its maker left it",
        'remove it',
      );
    }
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

function isOwnTable(declaration: Declaration, relation: unknown): boolean {
  const { schemaname, relname } = relation as { schemaname?: string; relname?: string };
  return ownTables(declaration).some(({ schema, name }) => schema === schemaname && name === relname);
}

/** Tests if Postgres rejects a statement inside a transaction block (documentation of each statement). */
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

/** REINDEX targets that Postgres handles table by table, each in its own transaction. */
const WHOLE: readonly unknown[] = ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_DATABASE', 'REINDEX_OBJECT_SYSTEM'];

/** Runs migrations as the owner of the managed schemas, and records each one that succeeds. */
export async function runMigrations(session: Session, migrations: readonly PendingMigration[]): Promise<void> {
  for (const migration of migrations) {
    if (migration.transactional) await runTogether(session, migration);
    else await runAlone(session, migration);
  }
}

/** Runs a migration inside a transaction, each statement confined. */
async function runTogether(session: Session, { source, statements }: PendingMigration): Promise<void> {
  const { client, declaration } = session;
  const [found] = (await client.query(
    inOneMessage([
      ownTableFiles(declaration),
      setRole(declaration.owner),
      createConfinement(declaration),
      migrationSettings(declaration),
    ]),
  )) as unknown as [pg.QueryResult<OwnTableFiles>];
  for (const batch of batches(statements)) await runBatch(session, source, batch);
  const after = await endFile(session, source);
  checkOwnTables(declaration, source, found.rows[0]!.files, after);
}

/**
 * Records the file, and fires its deferred constraints, which at the commit would run as the admin. Resets the settings
 * of the file: they must not change the meaning of later SQL.
 */
async function endFile({ client, declaration }: Session, source: SqlSource): Promise<Files> {
  const lastRows = async (statements: readonly string[]) => {
    const results = (await client.query(inOneMessage(statements))) as unknown as pg.QueryResult<never>[];
    return results.at(-1)!.rows;
  };
  const asConfined = (sql: string) => confined(declaration, sql);
  try {
    let waiting: Deferrable[] = await lastRows([
      sessionStatement('reset_all'),
      sessionSettings(),
      ...asConfined(recordMigration(declaration, source)),
      statement('deferrable'),
    ]);
    const fired = new Set<string>();
    for (let next = waiting; next.length > 0; next = waiting.filter(({ constraint }) => !fired.has(constraint))) {
      for (const { constraint } of next) fired.add(constraint);
      waiting = await lastRows([
        migrationSettings(declaration),
        ...asConfined(statement('set_immediate', { constraints: constraintsOf(next) })),
        sessionSettings(),
        statement('deferrable'),
      ]);
    }
    // Later files find the constraints in their initial mode.
    const deferred = waiting.filter((one) => one.deferred);
    const [{ files }]: [OwnTableFiles] = (await lastRows([
      ...new Set(waiting.flatMap(({ table }) => asConfined(statement('check_pending', { table: raw(table) })))),
      ...(deferred.length === 0 ? [] : asConfined(statement('set_deferred', { constraints: constraintsOf(deferred) }))),
      ...asConfined(statement('close_cursors')),
      dropConfinement(declaration),
      setRole(),
      ownTableFiles(declaration),
    ])) as never;
    return files;
  } catch (error) {
    return failed('migration_failed', source.file, error as Error, fixFor(error as Error));
  }
}

/** A deferrable constraint and its table, both as SQL. */
interface Deferrable {
  readonly table: string;
  readonly constraint: string;
  /** INITIALLY DEFERRED: the constraint waits unless SET CONSTRAINTS changes that. */
  readonly deferred: boolean;
}

function constraintsOf(found: readonly Deferrable[]) {
  return raw([...new Set(found.map(({ constraint }) => constraint))].join(', '));
}

/** Tables by name: the OID, and the number of the file with the rows. */
type Files = Readonly<Record<string, readonly [oid: number, file: number]>>;

interface OwnTableFiles {
  readonly files: Files;
}

function ownTableFiles(declaration: Declaration): string {
  const { privateSchema } = declaration;
  const tables = ownTables(declaration).filter(({ schema }) => schema === privateSchema);
  return statement('own_table_files', { private: privateSchema, tables: tables.map(({ name }) => name) });
}

/** Rejects a migration that replaces or truncates a table of the package: revocations or records would be lost. */
function checkOwnTables({ privateSchema }: Declaration, { file }: SqlSource, before: Files, after: Files): void {
  for (const [name, [oid, place]] of Object.entries(before)) {
    if (after[name]?.[0] === oid && after[name][1] === place) continue;
    refuse(
      'migration_failed',
      file,
      `it replaces or empties ${privateSchema}.${name}, which is a table of the package`,
      'remove that: rows of it may be deleted one by one',
    );
  }
}

/** Runs a migration outside a transaction. Its statements run no SQL but index functions, which Postgres confines. */
async function runAlone(session: Session, { source, statements }: PendingMigration): Promise<void> {
  const { client, declaration } = session;
  await client.query(inOneMessage([migrationSettings(declaration), setRole(declaration.owner)]));
  for (const alone of statements) {
    await dropInterrupted(session, alone);
    await client.query(alone.sql).catch(async (error: Error) => {
      await dropInterrupted(session, alone).catch(() => undefined);
      failedAt(source, alone, error);
    });
  }
  await client.query(inOneMessage([sessionStatement('reset_all'), sessionSettings(), setRole()]));
  await transaction(session, async () => {
    await client.query(inOneMessage([setRole(declaration.owner), createConfinement(declaration)]));
    await endFile(session, source);
  });
}

function recordMigration({ privateSchema }: Declaration, { file, sql }: SqlSource): string {
  return statement('record_migration', { private: privateSchema, file, sha: sha256(sql) });
}

/** Drops the invalid index of an interrupted build, which blocks the next one of its name (see CREATE INDEX). */
async function dropInterrupted({ client, scope }: Session, { kind, node }: ParsedStatement): Promise<void> {
  if (kind !== 'IndexStmt' && kind !== 'ReindexStmt') return;
  const { schemaname, relname } = (node['relation'] ?? {}) as { schemaname?: string; relname?: string };
  const table = [schemaname, relname].flatMap((part) => (part === undefined ? [] : [quoteIdentifier(part)])).join('.');
  const { rows } = await client.query<QualifiedName>(statement('interrupted_builds'), [
    kind === 'IndexStmt' ? table : null,
    node['idxname'] ?? null,
    scope.schemas,
  ]);
  for (const index of rows) await client.query(statement('drop_index', { schema: index.schema, name: index.name }));
}

/** Splits statements into messages. A SET ends one: Postgres scans a message before a setting in it takes effect. */
function batches(statements: readonly ParsedStatement[]): ParsedStatement[][] {
  const all: ParsedStatement[][] = [];
  for (const [n, next] of statements.entries()) {
    const last = all.at(-1);
    if (!last || last.length === BATCH || statements[n - 1]!.kind === 'VariableSetStmt') all.push([next]);
    else last.push(next);
  }
  return all;
}

/** Runs statements in one message. If it fails, runs them one by one, so that the error names the line. */
async function runBatch(session: Session, source: SqlSource, statements: readonly ParsedStatement[]): Promise<void> {
  const { client, declaration } = session;
  const all = statements.flatMap(({ sql }) => confined(declaration, sql));
  if (await tryTogether(client, all, (error) => failed('migration_failed', source.file, error))) return;
  for (const one of statements) {
    await runConfined(session, one.sql).catch((error: Error) => failedAt(source, one, error));
  }
}

function failedAt(source: SqlSource, { sql, offset }: ParsedStatement, error: Error & Position): never {
  const at = offset + offsetIn(sql, error);
  return failed('migration_failed', `${source.file}:${lineAt(source.sql, at)}`, error, fixFor(error));
}

function fixFor({ message }: Error): string | undefined {
  if (!/^cannot set parameter "(role|session_authorization)"/.test(message)) return undefined;
  return 'remove it: migrations run as the owner of the schemas, and make no roles (declare them)';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Settings with which a migration resolves names as PostgREST does. */
function migrationSettings(declaration: Declaration): string {
  return statement('configure_migration', { search_path: searchPath(declaration) });
}
