import type pg from 'pg';
import { auditSurvey, type DatabaseAuditOptions } from '../anywhere/audit-database.ts';
import type { AnywhereFinding } from '../anywhere/anywhere-rule.ts';
import { findingLine } from '../finding.ts';
import { readSurvey } from '../anywhere/read-survey.ts';
import { configureSession } from '../../postgres/session.ts';
import { statementsOf } from '../../postgres/statements.ts';

const statement = statementsOf('audit/trial');

/** Outcome of a fix that was tried. */
export type Trial =
  | { readonly outcome: 'works' }
  /** It changes nothing, or Postgres rejects it. */
  | { readonly outcome: 'fails'; readonly why: string }
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
  const known = new Set(findings.map(keyOf));
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
      return { trial: { works: false, seen: trial.why } };
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

/** Identity of a finding: the words of its problem may change with other objects. */
export function keyOf({ rule, object }: AnywhereFinding): string {
  return JSON.stringify([rule, object.kind, object.text]);
}
