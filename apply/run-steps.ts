import type pg from 'pg';
import { refuse, type ErrorCode } from '../declaration/errors.ts';
import { lineAt } from '../declaration/sql-text.ts';
import type { Declaration } from '../declaration/types.ts';
import type { Step } from './plan.ts';
import { statement } from './statements.ts';

/** What Postgres says of a statement that failed. */
interface PostgresError extends Error {
  readonly position?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly code?: string;
}

/** As many steps go to the server in one message: round trips would cost as much as small statements do. */
const BATCH = 100;

/** Runs steps in order, each as the role that it asks for, inside a transaction. */
export async function runSteps(client: pg.ClientBase, { owner }: Declaration, steps: readonly Step[]): Promise<void> {
  for (const batch of batches(steps)) {
    const role = setRole(batch[0]!.as === 'owner' ? owner : undefined);
    await client.query(inOneMessage([role, statement('set_savepoint')]));
    const sql = [...batch.map((step) => step.sql), statement('release_savepoint')];
    await client.query(inOneMessage(sql)).catch((error: PostgresError) => runEach(client, batch, error));
  }
  await client.query(setRole());
}

/** Steps that follow one another and are run by the same role. */
function batches(steps: readonly Step[]): Step[][] {
  const found: Step[][] = [];
  for (const step of steps) {
    const last = found.at(-1);
    if (last && last[0]!.as === step.as && last.length < BATCH) last.push(step);
    else found.push([step]);
  }
  return found;
}

/** On a line of its own, the semicolon ends a statement whose last line is a comment. */
function inOneMessage(statements: readonly string[]): string {
  return statements.join('\n;\n');
}

/** Deadlock and lock timeout: who calls tries it all again, and requests must not wait twice behind us until then. */
const CONFLICTS = ['40P01', '55P03'];

/** One of a batch has failed: one by one, it says which, unless waiting or the connection was the matter. */
async function runEach(client: pg.ClientBase, steps: readonly Step[], error: PostgresError): Promise<void> {
  const place =
    steps.length === 1 ? steps[0]!.place : `${steps[0]!.place} or one of the next ${steps.length - 1} steps`;
  const fail = () => failed('access_sql_failed', place, error);
  if (CONFLICTS.includes(error.code ?? '')) fail();
  await client.query(statement('back_to_savepoint')).catch(fail);
  for (const step of steps) {
    await client
      .query(step.sql)
      .catch((error: PostgresError) => failed('access_sql_failed', placeOf(step, error), error));
  }
}

/** For the rest of the transaction; without a name, back to the one who connected. */
export function setRole(name?: string): string {
  return name === undefined ? statement('reset_role') : statement('become', { role: name });
}

/** Fails with Postgres' own words, and what it knows beyond them. */
export function failed(
  code: ErrorCode,
  place: string,
  error: PostgresError,
  fix = 'correct it and deploy again',
): never {
  const more = [error.detail, error.hint].filter((text) => text !== undefined);
  refuse(code, place, `${error.message}${more.length > 0 ? ` (${more.join('; ')})` : ''}`, fix, error);
}

/** The line of the user's file where Postgres stopped, if it stopped inside one. */
function placeOf({ sql, place, embedded }: Step, { position }: PostgresError): string {
  if (!embedded) return place;
  const { source, offset } = embedded;
  const at = Math.max(Number(position ?? 0) - 1 - offset, 0);
  return `${source.file}:${lineAt(sql.slice(offset), at)} (${place})`;
}
