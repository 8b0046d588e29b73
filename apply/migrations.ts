import { refuse } from '../errors/secured-postgrest-error.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { Declaration, QualifiedName, SqlSource } from '../declaration/types.ts';
import { ownTables } from '../compile/catalog-scope.ts';
import { confined, createConfinement, dropConfinement, runConfined } from './confinement.ts';
import { callOf, callsOf, mentionTimeout, type CallOptions } from './migration-calls.ts';
import { runAsAdmin } from './run-as-admin.ts';
import { messageResults } from '../postgres/message-results.ts';
import { fixFor } from './migration-fixes.ts';
import type { ParsedStatement } from '../postgres/parse-sql.ts';
import { placeIn } from '../postgres/place-in.ts';
import { offsetIn, type Position } from '../postgres/position.ts';
import { sha256, type MigrationStatement, type PendingMigration } from './read-migrations.ts';
import { BATCH, failed, inOneMessage, setRole, tryTogether } from './run-steps.ts';
import { searchPath } from './search-path.ts';
import type { Session } from './session.ts';
import { sessionSettings } from '../postgres/session.ts';
import { raw, statementsOf } from '../postgres/statements.ts';
import { transaction } from './transaction.ts';

const statement = statementsOf('apply/statements');
const sessionStatement = statementsOf('postgres/session');

/** Runs migrations as the owner of the managed schemas, and records each one that succeeds. */
export async function runMigrations(session: Session, migrations: readonly PendingMigration[]): Promise<void> {
  const isTimed = mentionTimeout(session.declaration.migrations);
  for (const migration of migrations) {
    if (migration.transactional) await runTogether(session, migration, { isTimed });
    else await runAlone(session, migration);
  }
}

/** Runs a migration inside a transaction, each statement confined. */
async function runTogether(
  session: Session,
  { source, statements }: PendingMigration,
  { isTimed }: CallOptions,
): Promise<void> {
  const { client, declaration } = session;
  const begin = [
    ownTableFiles(declaration),
    setRole(declaration.owner),
    createConfinement(declaration),
    migrationSettings(declaration),
  ];
  const [found] = await messageResults<OwnTableFiles>(client, inOneMessage(begin));
  for (const batch of batches(statements)) await runBatch(session, { source, isTimed }, batch);
  const after = await endFile(session, source);
  checkOwnTables(declaration, source, found!.rows[0]!.files, after);
}

/**
 * Records the file, and fires its deferred constraints, which at the commit would run as the admin. Resets the settings
 * of the file: they must not change the meaning of later SQL.
 */
async function endFile({ client, declaration }: Session, source: SqlSource): Promise<Files> {
  const lastRows = async (statements: readonly string[]) => {
    const results = await messageResults<never>(client, inOneMessage(statements));
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
    return failed('migration_failed', source.file, error as Error, fixFor(declaration, error as Error));
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
      failedAt(session, source, alone, error);
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

/**
 * Splits statements into messages. A SET ends one: Postgres scans a message before a setting in it takes effect. A
 * statement of the admin is alone.
 */
function batches(statements: readonly MigrationStatement[]): MigrationStatement[][] {
  const all: MigrationStatement[][] = [];
  for (const [n, next] of statements.entries()) {
    const last = all.at(-1);
    const before = statements[n - 1];
    const begins = before?.kind === 'VariableSetStmt' || before?.asAdmin || next.asAdmin;
    if (!last || last.length === BATCH || begins) all.push([next]);
    else last.push(next);
  }
  return all;
}

/** Runs statements in one message. If it fails, runs them one by one, so that the error names the line. */
async function runBatch(
  session: Session,
  { source, isTimed }: CallOptions & { readonly source: SqlSource },
  statements: readonly MigrationStatement[],
): Promise<void> {
  const { client, declaration } = session;
  const [first] = statements;
  if (first?.asAdmin)
    return runAsAdmin(session, first).catch((error: Error) => failedAt(session, source, first, error));
  const all = callsOf(statements, { isTimed }).flatMap((text) => confined(declaration, text));
  const fail = (error: Error) => failed('migration_failed', source.file, error, fixFor(declaration, error));
  if (await tryTogether(client, all, fail)) return;
  for (const one of statements) {
    for (const { sql, offset } of one.single?.() ?? [one]) {
      // The SQL of a row is not in the file.
      const text = callOf({ ...one, sql });
      const written = { sql: one.single ? '' : text, offset };
      await runConfined(session, text).catch((error: Error) => failedAt(session, source, written, error));
    }
  }
}

function failedAt(
  { declaration }: Session,
  source: SqlSource,
  { sql, offset }: Pick<ParsedStatement, 'sql' | 'offset'>,
  error: Error & Position,
): never {
  const place = placeIn(source, offset + offsetIn(sql, error));
  return failed('migration_failed', place, error, fixFor(declaration, error));
}

/** Settings with which a migration resolves names as PostgREST does. */
function migrationSettings(declaration: Declaration): string {
  return statement('configure_migration', { search_path: searchPath(declaration) });
}
