import type pg from 'pg';
import { refuse, type ErrorCode } from '../errors/secured-postgrest-error.ts';
import { lineAt } from '../postgres/sql-text.ts';
import type { Declaration } from '../declaration/types.ts';
import { trialOf } from './confinement.ts';
import type { Step } from './plan/step.ts';
import type { Session } from './session.ts';
import { offsetIn, type Position } from '../postgres/position.ts';
import { LOCK_FAILURES } from '../postgres/sqlstate.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('postgres/session');

/** Error that Postgres reports for a statement. */
interface PostgresError extends Error, Position {
  readonly detail?: string;
  readonly hint?: string;
  readonly code?: string;
}

/**
 * Number of statements in one message. A round trip costs as much as a small statement, and the end of each message's
 * subtransaction examines all tables that the transaction has made.
 */
export const BATCH = 500;

/** Runs steps in order, each as its role, inside a transaction. */
export async function runSteps(session: Session, steps: readonly Step[]): Promise<void> {
  for (let at = 0; at < steps.length; at += BATCH) {
    const batch = steps.slice(at, at + BATCH);
    const sql = [...batch.flatMap((step, n) => inItsRole(session.declaration, step, batch[n - 1])), setRole()];
    const place =
      batch.length === 1 ? batch[0]!.place : `${batch[0]!.place} or one of the next ${batch.length - 1} steps`;
    const ran = await tryTogether(session.client, sql, (error) => failed('access_sql_failed', place, error));
    if (!ran) await runEach(session, batch);
  }
}

/**
 * Runs statements in one message, inside a transaction. Returns false if one has failed: run them one by one to find
 * it. Calls `fail` if no statement is to blame, but a deadlock, a lock timeout or a lost connection.
 */
export async function tryTogether(
  client: pg.ClientBase,
  statements: readonly string[],
  fail: (error: PostgresError) => never,
): Promise<boolean> {
  // In a message of its own: Postgres runs nothing of a message with a syntax error.
  await client.query(statement('set_savepoint'));
  try {
    await client.query(inOneMessage([...statements, statement('release_savepoint')]));
    return true;
  } catch (error) {
    // The caller retries the whole run. Until then, requests must not wait behind this one a second time.
    if (LOCK_FAILURES.includes((error as PostgresError).code ?? '')) fail(error as PostgresError);
    await client.query(statement('back_to_savepoint')).catch(() => fail(error as PostgresError));
    return false;
  }
}

/** Statements of a step, with a change of role if the step before ran as another. */
function inItsRole(declaration: Declaration, { as, sql, trial }: Step, before?: Step): string[] {
  const statements = trial ? trialOf(declaration, sql) : [sql];
  return as === (before?.as ?? 'admin')
    ? statements
    : [setRole(as === 'owner' ? declaration.owner : undefined), ...statements];
}

/** Joins statements. On its own line, the semicolon also ends a statement whose last line is a comment. */
export function inOneMessage(statements: readonly string[]): string {
  return statements.join('\n;\n');
}

/** Runs steps one by one, so that the error names the one that fails. */
async function runEach({ client, declaration }: Session, steps: readonly Step[]): Promise<void> {
  for (const [n, step] of steps.entries()) {
    for (const sql of inItsRole(declaration, step, steps[n - 1])) {
      await client.query(sql).catch((error: PostgresError) => stepFailed(step, error));
    }
  }
  await client.query(setRole());
}

/** Changes the role until the next change; without a name, back to the connected role. */
export function setRole(name?: string): string {
  return name === undefined ? statement('reset_role') : statement('become', { role: name });
}

/** Throws an error with Postgres' message, detail and hint. */
export function failed(code: ErrorCode, place: string, error: PostgresError, fix = 'correct it and try again'): never {
  const more = [error.detail, error.hint].filter((text) => text !== undefined);
  refuse(code, place, `${error.message}${more.length > 0 ? ` (${more.join('; ')})` : ''}`, fix, error);
}

/** Throws a step's error, with the line if Postgres stopped inside the user's file or behind its end. */
function stepFailed({ sql, place, embedded }: Step, error: PostgresError): never {
  if (!embedded) return failed('access_sql_failed', place, error);
  const { source, offset } = embedded;
  const line = lineAt(sql.slice(offset), Math.max(offsetIn(sql, error) - offset, 0));
  const text = source.sql.trimEnd();
  const last = lineAt(text, text.length);
  // Postgres names the template's text behind the file.
  const isBehind = line > last && error.code === SYNTAX_ERROR;
  const cause = isBehind ? new Error('syntax error at end of input', { cause: error }) : error;
  return failed('access_sql_failed', `${source.file}:${Math.min(line, last)} (${place})`, cause);
}

const SYNTAX_ERROR = '42601';
