import type pg from 'pg';
import { refuse, type ErrorCode } from '../errors/secured-postgrest-error.ts';
import { lineAt } from '../postgres/sql-text.ts';
import type { Declaration } from '../declaration/types.ts';
import { tried } from './confinement.ts';
import type { Step } from './plan/step.ts';
import type { Session } from './session.ts';
import { offsetIn, type Position } from '../postgres/position.ts';
import { WAITED_IN_VAIN } from '../postgres/sqlstate.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('postgres/session');

/** Error that Postgres reports for a statement. */
interface PostgresError extends Error, Position {
  readonly detail?: string;
  readonly hint?: string;
  readonly code?: string;
}

/** Statements in one message: a round trip costs as much as a small statement. */
export const BATCH = 100;

/** Runs steps in order, each as the role that it asks for, inside a transaction. */
export async function runSteps(session: Session, steps: readonly Step[]): Promise<void> {
  for (let at = 0; at < steps.length; at += BATCH) {
    const batch = steps.slice(at, at + BATCH);
    const sql = [...batch.flatMap((step, n) => inItsRole(session.declaration, step, batch[n - 1])), setRole()];
    const place =
      batch.length === 1 ? batch[0]!.place : `${batch[0]!.place} or one of the next ${batch.length - 1} steps`;
    const ran = await ranTogether(session.client, sql, (error) => failed('access_sql_failed', place, error));
    if (!ran) await runEach(session, batch);
  }
}

/**
 * Runs statements in one message, inside a transaction, and says whether they ran: if not, they have to be run one by one,
 * which tells the place. Where waiting or the connection was the matter that would tell nothing, and it fails as `fail` says.
 */
export async function ranTogether(
  client: pg.ClientBase,
  statements: readonly string[],
  fail: (error: PostgresError) => never,
): Promise<boolean> {
  // In a message of its own: of one with a syntax error, nothing runs.
  await client.query(statement('set_savepoint'));
  try {
    await client.query(inOneMessage([...statements, statement('release_savepoint')]));
    return true;
  } catch (error) {
    // The caller tries all again, and requests must not wait twice behind us until then.
    if (WAITED_IN_VAIN.includes((error as PostgresError).code ?? '')) fail(error as PostgresError);
    await client.query(statement('back_to_savepoint')).catch(() => fail(error as PostgresError));
    return false;
  }
}

/** A step, as the role that it asks for where the one before it did not. */
function inItsRole(declaration: Declaration, { as, sql, trial }: Step, before?: Step): string[] {
  const statements = trial ? tried(declaration, sql) : [sql];
  return as === (before?.as ?? 'admin')
    ? statements
    : [setRole(as === 'owner' ? declaration.owner : undefined), ...statements];
}

/** On a line of its own, the semicolon ends a statement whose last line is a comment. */
export function inOneMessage(statements: readonly string[]): string {
  return statements.join('\n;\n');
}

/** One by one, they say which has failed. */
async function runEach({ client, declaration }: Session, steps: readonly Step[]): Promise<void> {
  for (const [n, step] of steps.entries()) {
    for (const sql of inItsRole(declaration, step, steps[n - 1])) {
      await client.query(sql).catch((error: PostgresError) => stepFailed(step, error));
    }
  }
  await client.query(setRole());
}

/** For the rest of the transaction; without a name, back to the one who connected. */
export function setRole(name?: string): string {
  return name === undefined ? statement('reset_role') : statement('become', { role: name });
}

/** Fails with Postgres' own words, and what it knows beyond them. */
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
  // Postgres names what the template has behind the file.
  const isBehind = line > last && error.code === SYNTAX_ERROR;
  const cause = isBehind ? new Error('syntax error at end of input', { cause: error }) : error;
  return failed('access_sql_failed', `${source.file}:${Math.min(line, last)} (${place})`, cause);
}

const SYNTAX_ERROR = '42601';
