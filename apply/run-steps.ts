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

/** Runs steps in order, each as the role that it asks for. */
export async function runSteps(client: pg.ClientBase, { owner }: Declaration, steps: readonly Step[]): Promise<void> {
  let current: Step['as'] | undefined;
  for (const step of steps) {
    if (step.as !== current) await client.query(setRole(step.as === 'owner' ? owner : undefined));
    current = step.as;
    await client
      .query(step.sql)
      .catch((error: PostgresError) => failed('access_sql_failed', placeOf(step, error), error));
  }
  await client.query(setRole());
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
