import type pg from 'pg';
import { auditSurvey, type DatabaseAuditOptions } from '../anywhere/audit-database.ts';
import type { AnywhereFinding } from '../anywhere/anywhere-rule.ts';
import { findingLine } from '../finding.ts';
import { readSurvey } from '../anywhere/read-survey.ts';
import { configureSession } from '../../postgres/session.ts';
import { INSUFFICIENT_PRIVILEGE } from '../../postgres/sqlstate.ts';
import { statementsOf } from '../../postgres/statements.ts';

const statement = statementsOf('audit/trial');

/** Outcome of a fix that was tried. */
export type Trial =
  | { readonly outcome: 'works' }
  /** It changes nothing, or Postgres rejects it. */
  | { readonly outcome: 'fails'; readonly why: string }
  /** The role of the connection lacks the right to run it. */
  | { readonly outcome: 'not allowed'; readonly why: string }
  /** The finding goes, and these come. */
  | { readonly outcome: 'brings others'; readonly others: readonly AnywhereFinding[] }
  /** A person has to decide: there is no statement to run. */
  | { readonly outcome: 'no statement' };

/** A trial as reports show it. */
export interface FixTrial {
  readonly works: boolean;
  /** The outcome, as the end of a sentence. */
  readonly seen: string;
}

/**
 * Tries the fix of each finding: runs it, audits again, and takes it back. Locks last until then, so that requests to an
 * object wait for the audit of its fix.
 *
 * @param findings of an audit with the same options
 */
export async function tryFixes(
  client: pg.ClientBase,
  options: DatabaseAuditOptions,
  findings: readonly AnywhereFinding[],
): Promise<(AnywhereFinding & { readonly trial?: FixTrial })[]> {
  await configureSession(client);
  await client.query(statement('begin'));
  const known = countsOf(findings);
  const tried: (AnywhereFinding & { readonly trial?: FixTrial })[] = [];
  try {
    for (const finding of findings) tried.push({ ...finding, ...shown(await tryFix(client, finding, known, options)) });
    return tried;
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

function shown(trial: Trial): { readonly trial?: FixTrial } {
  switch (trial.outcome) {
    case 'works':
      return { trial: { works: true, seen: 'the finding is gone, and no new one came' } };
    case 'fails':
      return { trial: { works: false, seen: `the fix does not work: ${trial.why}` } };
    case 'not allowed':
      return { trial: { works: false, seen: `the role of this connection may not run the fix: ${trial.why}` } };
    case 'brings others':
      return {
        trial: {
          works: false,
          seen: `the finding is gone, and others came: ${trial.others.map(findingLine).join('; ')}`,
        },
      };
    case 'no statement':
      return {};
  }
}

/** Tries one fix in an open transaction. */
export async function tryFix(
  client: pg.ClientBase,
  finding: AnywhereFinding,
  known: ReadonlyMap<string, number>,
  options: DatabaseAuditOptions,
): Promise<Trial> {
  if (finding.fix.sql.length === 0) return { outcome: 'no statement' };
  await client.query(statement('before_fix'));
  try {
    for (const sql of finding.fix.sql) await client.query(sql);
    const { findings } = await auditSurvey(await readSurvey(client), options);
    const after = countsOf(findings);
    const isMore = (key: string, than = known.get(key) ?? 0) => (after.get(key) ?? 0) > than;
    // A rule may have several findings about one object.
    if (isMore(keyOf(finding), known.get(keyOf(finding))! - 1)) return { outcome: 'fails', why: 'the finding stays' };
    // What was hidden by an open table may show, such as slow policies: that is not the fix's.
    const others = findings.filter(
      (one) => one.level !== 'info' && (one.topic === finding.topic || one.level === 'error') && isMore(keyOf(one)),
    );
    return others.length > 0 ? { outcome: 'brings others', others } : { outcome: 'works' };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const isDenied = (error as { code?: string }).code === INSUFFICIENT_PRIVILEGE;
    return { outcome: isDenied ? 'not allowed' : 'fails', why };
  } finally {
    await client.query(statement('after_fix'));
  }
}

/** Number of findings of each rule about each object: the words of a problem may change with other objects. */
export function countsOf(findings: readonly AnywhereFinding[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of findings.map(keyOf)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function keyOf({ rule, object }: AnywhereFinding): string {
  return JSON.stringify([rule, object.kind, object.text]);
}
