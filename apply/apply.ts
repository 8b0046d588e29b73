import { refuse } from '../errors/secured-postgrest-error.ts';
import { CONFLICTS } from '../postgres/sqlstate.ts';
import type { Declaration } from '../declaration/types.ts';
import { explainPrivileges } from './admin-privileges.ts';
import type { ApplyGate } from './apply-gate.ts';
import { audit, refuseErrors } from '../audit/audit.ts';
import type { Finding } from '../audit/finding.ts';
import type { Catalog } from '../postgres/catalog/catalog.ts';
import {
  read,
  readCatalog,
  readCompared,
  readBasics,
  readRest,
  type ComparedCatalog,
} from '../postgres/catalog/read-catalog.ts';
import { connect, type DatabaseConnection } from '../postgres/connect.ts';
import { nameEnumValues } from './enum-values.ts';
import { createRoles } from './create-roles.ts';
import { runEarly } from './early.ts';
import { checkPolicyColumns } from './fit-columns.ts';
import { checkDefaultColumns } from './fit-defaults.ts';
import { planCommits } from './plan-commits.ts';
import { planInvalidation } from './invalidate-plans.ts';
import { runWithoutForce } from './without-force.ts';
import { pendingMigrations } from './read-migrations.ts';
import {
  pendingSteps,
  plan,
  planBookkeeping,
  planFunctionFingerprints,
  planFunctions,
  planPolicyFingerprints,
  planSchemas,
} from './plan/plan.ts';
import type { Step } from './plan/step.ts';
import { planOwnerPrivileges, ungranted } from './plan/plan-grants.ts';
import { checkSubjectColumns, planTriggerFingerprints } from './plan/plan-triggers.ts';
import { checkDatabase, checkWritable } from './preflight.ts';
import { Progress } from './progress.ts';
import { readRemoved } from './removed-statements.ts';
import type { RemovedStatement } from './removed.ts';
import { inOneMessage, runSteps } from './run-steps.ts';
import { sessionOf, type Session } from './session.ts';
import { lock, configureSession } from '../postgres/session.ts';
import { statementsOf } from '../postgres/statements.ts';
import { transaction } from './transaction.ts';
import { tryAccess } from './try-access.ts';
import { recordStatements } from './record-statements.ts';

const statement = statementsOf('apply/statements');

export interface ApplyResult {
  /** Migrations that ran, by file. */
  readonly migrations: readonly string[];
  /** Number of {@link statements}. */
  readonly changes: number;
  /** Statements that changed access. */
  readonly statements: readonly string[];
  /** Statements of these migrations about access, such as GRANT, that the declaration overrules. */
  readonly removed: readonly RemovedStatement[];
  /** Warnings of the audit. */
  readonly warnings: readonly Finding[];
}

export interface ApplyOptions {
  /** Name of this run, which the database records. @default the recorded name stays */
  readonly revision?: string | undefined;
  /** Passwords with which the run also creates the roles, as {@link createRoles} does. @default the roles exist */
  readonly passwords?: Parameters<typeof createRoles>[2] | undefined;
  /**
   * Receives the SQL that was sent, after success. Not called if a statement failed on the way.
   * @default no callback
   */
  readonly onTranscript?: ((messages: readonly string[]) => void) | undefined;
  /** Check that can stop the run before it commits. @default none */
  readonly gate?: ApplyGate | undefined;
}

/**
 * Brings a database to the declared state: migrations, then functions, policies and grants, then the audit, in one
 * transaction. If a step fails, Postgres rolls back all of it. A database that is as declared is not changed.
 *
 * Earlier commits create the schemas and the bookkeeping, without grants, and run migrations up to the last one that
 * cannot be part of a transaction, or whose new value of an enum is used later. At each of these commits, no role sees more than before the run or than is declared.
 * Objects that such a migration changes stay closed until the run succeeds, and the error of a failed run names them.
 * The roles must exist, unless you pass their passwords.
 *
 * @example
 * await applyDeclaration({ host: '127.0.0.1', database: 'todos', user: 'postgres', password }, declaration);
 *
 * @throws SecuredPostgrestError `database_unreachable`, `database_locked`, `unsupported_database`,
 *   `transaction_pooler`, `missing_privilege`, `missing_role`, `missing_object`, `unfit_column`, `invalid_sql`,
 *   `migration_failed`, `migration_changed`, `migration_out_of_order`, `access_sql_failed`, `trial_failed`, `audit_failed`,
 *   and what `gate` throws
 */
export async function applyDeclaration(
  connection: DatabaseConnection,
  declaration: Declaration,
  { revision, passwords, onTranscript, gate }: ApplyOptions = {},
): Promise<ApplyResult> {
  const client = await connect(connection);
  const log = onTranscript && recordStatements(client);
  try {
    await configureSession(client);
    await lock(client, declaration.name);
    const rolesChanged = passwords !== undefined && (await createRoles(client, declaration, passwords));
    const session = sessionOf(client, declaration);
    const progress = new Progress();
    const result = await retryOnConflict(() => converge(session, { revision, progress, rolesChanged, gate }))
      .catch((error: unknown) => explainPrivileges(session, error))
      .catch(async (error: unknown) => progress.rethrow(error, await readClosedPlaces(session)));
    const messages = log?.messages();
    if (messages) onTranscript?.(messages);
    return result;
  } finally {
    await client.end();
  }
}

/** Reads the places that stay closed after a failed run, whichever run closed them; none if the connection is lost. */
async function readClosedPlaces(session: Session): Promise<string[]> {
  return readCompared(session).then(
    (catalog) => ungranted(session.declaration, catalog),
    () => [],
  );
}

const ATTEMPTS = 4;

async function retryOnConflict<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const code = ((error as Error).cause as { code?: string } | undefined)?.code ?? (error as { code?: string }).code;
      if (attempt === ATTEMPTS || !CONFLICTS.includes(code ?? '')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 * attempt));
    }
  }
}

interface ConvergeOptions {
  readonly revision: string | undefined;
  readonly progress: Progress;
  /** True if this run has already changed roles. */
  readonly rolesChanged: boolean;
  readonly gate: ApplyGate | undefined;
}

async function converge(
  session: Session,
  { revision, progress, rolesChanged, gate }: ConvergeOptions,
): Promise<ApplyResult> {
  const { client, declaration } = session;
  const passGate = gate && (await transaction(session, () => gate(client)));
  await transaction(session, () => prepare(session));
  const { early, last } = planCommits(declaration, await pendingMigrations(session));
  await runEarly(session, early, progress);
  const result = await transaction(session, async () => {
    await runWithoutForce(session, last);
    const migrated = last.length > 0 || progress.committed.length > 0;
    const { statements, catalog, pending } = await reconcileAccess(session, { migrated });
    const changes = statements.length;
    const findings = audit(declaration, catalog, pending);
    refuseErrors(declaration, findings, progress.committed.length === 0 ? 'nothing was changed' : undefined);
    const migrations = [...progress.committed, ...last.map(({ source }) => source.file)];
    const changed = changes > 0 || migrations.length > 0;
    if (changed) await tryAccess(session, catalog);
    await passGate?.();
    if (revision !== undefined) await recordRevision(session, revision);
    const { admin_is_superuser: superuser } = catalog.database;
    const invalidation = await planInvalidation(session, { changed: changed || rolesChanged, superuser });
    const end = [...invalidation, ...(changed ? [statement('reload_schema')] : [])];
    if (end.length > 0) await client.query(inOneMessage(end));
    return { migrations, changes, statements, warnings: findings.filter(({ level }) => level === 'warning') };
  });
  return { ...result, removed: await readRemoved(declaration, result.migrations) };
}

async function recordRevision(session: Session, revision: string): Promise<void> {
  const { privateSchema } = session.declaration;
  const place = `${privateSchema}.migrations`;
  const sql = statement('record_revision', { private: privateSchema, revision });
  await runSteps(session, [{ sql, as: 'owner', place }]);
}

/** Creates the schemas and the bookkeeping, which only the owner can use yet, and lets the owner create more. */
async function prepare(session: Session): Promise<void> {
  const { client, declaration } = session;
  const basics = await readBasics(session);
  checkDatabase(declaration, basics);
  checkWritable(basics);
  const { owner } = declaration;
  const { admin, admin_is_superuser: superuser } = basics.database;
  if (!superuser) await client.query(statement('join_owner', { owner, admin }));
  const steps = [
    ...planOwnerPrivileges(declaration, basics),
    ...planSchemas(declaration, basics),
    ...planBookkeeping(declaration, basics),
  ];
  await runSteps(session, steps);
}

/** @param options.migrated true if this run has run migrations, whose objects need grants */
async function reconcileAccess(
  session: Session,
  { migrated }: { readonly migrated: boolean },
): Promise<{ statements: readonly string[]; catalog: Catalog; pending: readonly Step[] }> {
  const { declaration } = session;
  const before = await readCompared(session);
  // Where most likely nothing changes, Postgres reads them while this process plans.
  const rest = migrated ? undefined : readRest(session, before);
  rest?.catch(() => {});
  const first = plan(declaration, before);
  refuseMissing(declaration, first.missing);
  checkSubjectColumns(declaration, before);
  checkPolicyColumns(declaration, before);
  checkDefaultColumns(declaration, before);
  const functions = planFunctions(declaration, before);
  const named = (error: unknown) => nameEnumValues(error, before.types);
  const withFunctions = await runFunctions(session, before, functions).catch(named);
  const { steps } = functions.length === 0 ? first : plan(declaration, withFunctions);
  await runSteps(session, steps).catch(named);
  const statements = [...functions, ...steps].map(({ sql }) => sql);
  if (statements.length === 0) return { statements, catalog: await (rest ?? readRest(session, before)), pending: [] };
  const made = await read(session, ['policies', 'triggers']);
  const fingerprints = [
    ...planFunctionFingerprints(declaration, withFunctions),
    ...planPolicyFingerprints(declaration, made),
    ...planTriggerFingerprints(declaration, made),
  ];
  await runSteps(session, fingerprints);
  const catalog = await readCatalog(session);
  const pending = pendingSteps(declaration, catalog);
  if (pending.length === 0) return { statements, catalog, pending };
  // The catalogs show what a new policy needs once it exists.
  await runSteps(session, pending);
  const granted = await readCatalog(session);
  return {
    statements: [...statements, ...pending.map(({ sql }) => sql)],
    catalog: granted,
    pending: pendingSteps(declaration, granted),
  };
}

/** Creates the package's functions. They change no other catalog, so only the functions are read again. */
async function runFunctions(
  session: Session,
  before: ComparedCatalog,
  steps: readonly Step[],
): Promise<ComparedCatalog> {
  if (steps.length === 0) return before;
  await runSteps(session, steps);
  return { ...before, ...(await read(session, ['functions'])) };
}

function refuseMissing(declaration: Declaration, missing: readonly string[]): void {
  if (missing.length === 0) return;
  refuse(
    'missing_object',
    `declaration ${declaration.name}`,
    `there is no ${[...new Set(missing)].join(', ')}`,
    'make it in a migration, or remove it from the declaration',
  );
}
