import { LOCK_NOT_AVAILABLE } from '../../postgres/sqlstate.ts';

/** Result of one row; without a key, of a command that was rejected before any row. */
export interface Outcome {
  readonly key: readonly string[] | null;
  /** SQLSTATE: 00000 if the row was reached, 02000 if not, otherwise that of the error. */
  readonly code: string;
}

/** Reached rows, or the code with which the command was rejected. Throws if the outcomes show nothing about access. */
export function summarize(outcomes: readonly Outcome[]): { refused: string } | { rows: string[] } {
  const failure = outcomes.find(({ code }) => isFailure(code));
  if (failure) throw new Error(`the database could not answer (${failure.code})`);
  const refusal = outcomes.find(({ key }) => key === null);
  if (refusal) return { refused: refusal.code };
  return { rows: outcomes.filter(({ code }) => isReached(code)).map(({ key }) => keyText(key!)) };
}

/** Tests if the row was reached, or its new content broke a constraint, which Postgres checks after the policies. */
function isReached(code: string): boolean {
  return code === '00000' || code.startsWith('23');
}

/** Tests for conflicts, resources, operator interventions, system and internal errors, and lock timeouts. */
function isFailure(code: string): boolean {
  return ['40', '53', '57', '58', 'XX'].includes(code.slice(0, 2)) || code === LOCK_NOT_AVAILABLE;
}

/** Text of a key. In a key of several values, ambiguous ones are quoted. */
function keyText(values: readonly string[]): string {
  if (values.length === 1) return values[0]!;
  return values.map((value) => (/[,"\\]|^\s|\s$|^$/.test(value) ? JSON.stringify(value) : value)).join(', ');
}
