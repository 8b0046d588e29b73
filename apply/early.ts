import type { Declaration } from '../declaration/types.ts';
import { audit, refuseErrors } from '../audit/audit.ts';
import type { Finding } from '../audit/finding.ts';
import { fix } from '../audit/fix.ts';
import { notSealed } from '../audit/rules/as-declared.ts';
import type { Catalog } from '../postgres/catalog/catalog.ts';
import { readCatalog, readCompared } from '../postgres/catalog/read-catalog.ts';
import { runWithoutForce } from './without-force.ts';
import { runMigrations } from './migrations.ts';
import type { PendingMigration } from './read-migrations.ts';
import { plan } from './plan/plan.ts';
import type { Step } from './plan/step.ts';
import type { Commits } from './plan-commits.ts';
import type { Progress } from './progress.ts';
import { readReach, readWritten, type Reach } from './reach.ts';
import { inOneMessage, runSteps, setRole } from './run-steps.ts';
import { planSeal } from './seal.ts';
import type { Session } from './session.ts';
import { sessionSettings } from '../postgres/session.ts';
import { statementsOf } from '../postgres/statements.ts';
import { transaction } from './transaction.ts';

const statement = statementsOf('postgres/session');

/** State at the start of the run. The run must not open it further before its end. */
interface Found {
  readonly reach: Reach;
  /** Errors that the audit reported at the start. */
  readonly errors: ReadonlySet<string>;
  /** SQL of the steps that the plan already had at the start. */
  readonly known: ReadonlySet<string>;
}

/**
 * Runs migrations that must commit before the others ({@link planCommits}). At each of these
 * commits, no role sees more than before the run. New objects stay closed, since the owner's default privileges grant
 * nothing, and changed objects are sealed ({@link planSeal}). Only the end of the run grants access.
 */
export async function runEarly(session: Session, groups: Commits['early'], progress: Progress): Promise<void> {
  if (groups.length === 0) return;
  const found = await transaction(session, () => protect(session));
  const sealed = async (run?: () => Promise<void>) => {
    const places = await transaction(session, async () => {
      await run?.();
      return seal(session, found);
    });
    for (const place of places) progress.closed.add(place);
  };
  for (const group of groups) {
    const outside = group.find(({ transactional }) => !transactional);
    if (outside) {
      await runOutside(session, outside).catch(async (error: unknown) => {
        // The migration's effects up to the failure stay. If the session has ended, sealing fails too.
        await sealed().catch(() => undefined);
        throw error;
      });
      await sealed();
    } else {
      await sealed(() => runWithoutForce(session, group));
    }
    progress.committed.push(...group.map(({ source }) => source.file));
  }
}

/** Enables row security on existing tables, and sets default privileges that grant nothing on new objects. */
async function protect(session: Session): Promise<Found> {
  const { declaration } = session;
  const { steps } = plan(declaration, await readCompared(session));
  await runSteps(
    session,
    steps.filter(({ purpose }) => purpose === 'default privileges' || purpose === 'protect'),
  );
  const catalog = await readCatalog(session);
  return {
    reach: await readReach(session),
    errors: new Set(openErrors(declaration, catalog).map(nameOf)),
    known: new Set(plan(declaration, catalog).steps.map(({ sql }) => sql)),
  };
}

/** Runs a migration outside a transaction. Postgres does not roll back its settings, so they are reset. */
async function runOutside(session: Session, migration: PendingMigration): Promise<void> {
  const reset = () => session.client.query(inOneMessage([statement('reset_all'), setRole(), sessionSettings()]));
  await runMigrations(session, [migration]).catch(async (error: unknown) => {
    await reset().catch(() => undefined);
    throw error;
  });
  await reset();
}

/**
 * Protects new objects, revokes access that a migration has opened, and seals objects that changed since the start of
 * the run.
 *
 * @returns places of the sealed objects
 * @throws SecuredPostgrestError `audit_failed` if something is open nonetheless
 */
async function seal(session: Session, { reach, errors, known }: Found): Promise<string[]> {
  const { client, declaration } = session;
  const readPlanned = async () => {
    const catalog = await readCatalog(session);
    return { catalog, planned: plan(declaration, catalog).steps };
  };
  let present = await readPlanned();
  const run = async (steps: readonly Step[]) => {
    if (steps.length === 0) return;
    await runSteps(session, steps);
    present = await readPlanned();
  };
  await run(present.planned.filter((step) => runsAtOnce(step, known)));
  const reached = { before: reach, after: await readReach(session), written: await readWritten(client) };
  const toSeal = () => planSeal(declaration, reached, present.catalog, present.planned);
  const steps = toSeal();
  await run(steps);
  const unsealed = steps.length === 0 ? [] : toSeal();
  const opened = openErrors(declaration, present.catalog).filter((finding) => !errors.has(nameOf(finding)));
  refuseErrors(
    declaration,
    [...unsealed.map(unsealedFinding), ...opened],
    'correct it, or put it behind the last migration that cannot be part of a transaction',
  );
  return steps.map(({ place }) => place);
}

/**
 * Tests if a step runs at once: it protects an object, revokes access that the run itself opened, or grants the owner an
 * extension that the run has made.
 */
function runsAtOnce({ purpose, sql }: Step, known: ReadonlySet<string>): boolean {
  return purpose === 'protect' || (purpose !== undefined && !known.has(sql));
}

function unsealedFinding({ place }: Step): Finding {
  return {
    rule: notSealed.id,
    level: 'error',
    object: { kind: 'declared object', name: place, text: place },
    problem: 'was changed, and is granted by somebody else than its owner',
    fix: fix('revoke that as who granted it'),
  };
}

/** Audit errors about granted objects. The end of the run brings what the declared state still lacks. */
function openErrors(declaration: Declaration, catalog: Catalog): Finding[] {
  const closed = new Set(
    catalog.relations
      .filter(({ grants, column_grants }) => grants.length + column_grants.length === 0)
      .map(({ schema, name }) => `${schema}.${name}`),
  );
  const isOpen = ({ schema, table }: { schema: string; table: string }) => !closed.has(`${schema}.${table}`);
  const open = {
    ...catalog,
    rules: catalog.rules.filter(isOpen),
    definerTriggers: catalog.definerTriggers.filter(isOpen),
  };
  return audit(declaration, open, []).filter(({ level }) => level === 'error');
}

function nameOf({ rule, object, problem }: Finding): string {
  return JSON.stringify([rule, object.text, problem]);
}
