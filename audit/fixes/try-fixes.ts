import type pg from 'pg';
import { auditSurvey, type DatabaseAuditOptions } from '../anywhere/audit-database.ts';
import type { AnywhereFinding } from '../anywhere/anywhere-rule.ts';
import { readSurvey } from '../anywhere/read-survey.ts';
import { configureSession } from '../../postgres/session.ts';
import { statementsOf } from '../../postgres/statements.ts';

const statement = statementsOf('audit/trial');

/** What became of a fix that was tried. */
export type Trial =
  | { readonly outcome: 'works' }
  /** It changes nothing, or Postgres rejects it. */
  | { readonly outcome: 'fails'; readonly why: string }
  /** The finding goes, and these come. */
  | { readonly outcome: 'brings others'; readonly others: readonly AnywhereFinding[] }
  /** Somebody has to decide: there is no statement to run. */
  | { readonly outcome: 'no statement' };

/**
 * Tries the fix of each finding: runs it, audits again, and takes it back. Locks last until then, so that requests to an
 * object wait for the audit of its fix. Begins a transaction of its own unless one is open.
 *
 * @param findings of an audit with the same options
 */
export async function tryFixes(
  client: pg.ClientBase,
  findings: readonly AnywhereFinding[],
  options: DatabaseAuditOptions = {},
): Promise<ReadonlyMap<AnywhereFinding, Trial>> {
  await configureSession(client);
  await client.query(statement('begin'));
  const known = new Set(findings.map(keyOf));
  const trials = new Map<AnywhereFinding, Trial>();
  try {
    for (const finding of findings) {
      trials.set(finding, await tryFix(client, finding, known, options));
    }
    return trials;
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

/** Tries one fix in an open transaction. */
export async function tryFix(
  client: pg.ClientBase,
  finding: AnywhereFinding,
  known: ReadonlySet<string>,
  options: DatabaseAuditOptions,
): Promise<Trial> {
  if (finding.fix.sql.length === 0) return { outcome: 'no statement' };
  await client.query(statement('before_fix'));
  try {
    for (const sql of finding.fix.sql) await client.query(sql);
    const { findings } = await auditSurvey(await readSurvey(client), options);
    if (findings.some((one) => keyOf(one) === keyOf(finding))) return { outcome: 'fails', why: 'the finding stays' };
    const others = findings.filter((one) => one.level !== 'info' && !known.has(keyOf(one)));
    return others.length > 0 ? { outcome: 'brings others', others } : { outcome: 'works' };
  } catch (error) {
    return { outcome: 'fails', why: error instanceof Error ? error.message : String(error) };
  } finally {
    await client.query(statement('after_fix'));
  }
}

/** What makes two findings the same one: the words of its problem may change with other objects. */
export function keyOf({ rule, object }: AnywhereFinding): string {
  return JSON.stringify([rule, object.kind, object.text]);
}
