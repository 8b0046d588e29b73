import { entryObject, type AcceptedEntry } from '../accepted-findings/accepted-entry.ts';
import { LEVELS, type Level } from '../finding.ts';
import type { AuditReport, ReportedFinding } from './audit-report.ts';
import type { Score } from './scores.ts';

/** Headings of the groups of findings. */
export const HEADINGS: Readonly<Record<Level, string>> = { error: 'Errors', warning: 'Warnings', info: 'Infos' };

/** `1 error`, `3 warnings`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `2 errors, 1 warning, 1 accepted`, or `nothing found`. */
export function summary({ findings, accepted }: AuditReport): string {
  const levels = LEVELS.map((level) => [findings.filter((finding) => finding.level === level).length, level] as const);
  const parts = levels.filter(([count]) => count > 0).map(([count, level]) => counted(count, level));
  if (parts.length === 0) parts.push('nothing found');
  if (accepted.length > 0) parts.push(`${accepted.length} accepted`);
  return parts.join(', ');
}

/** `PostgreSQL 18.4` of 180004. */
export function serverName({ server: { version } }: AuditReport): string {
  return `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`;
}

/** The scope as names and values. */
export function scopeLines({ scope }: AuditReport): (readonly [name: string, values: readonly string[]])[] {
  const { schemas, roles, anonymous, authenticator } = scope;
  return [
    ['schemas', schemas],
    ['roles', roles],
    ['anonymous', anonymous === undefined ? [] : [anonymous]],
    ['authenticator', authenticator === undefined ? [] : [authenticator]],
  ].filter(([, values]) => values!.length > 0) as [string, string[]][];
}

/** Rules that a line about a score names. */
const SHOWN_PARTS = 5;

/** How a score comes about: `points: rls_disabled 1.50, published 0.20`; empty where nothing lowers it. */
export function scoreParts({ parts }: Score): string {
  if (parts.length === 0) return '';
  const shown = parts.slice(0, SHOWN_PARTS).map(({ rule, micropoints }) => `${rule} ${(micropoints / 1e6).toFixed(2)}`);
  const more = parts.length > SHOWN_PARTS ? [counted(parts.length - SHOWN_PARTS, 'more rule')] : [];
  return `points: ${[...shown, ...more].join(', ')}`;
}

/** How the trial of a fix ended, or undefined where it was not tried. */
export function trialWords({ trial }: ReportedFinding): string | undefined {
  return trial && `tried: ${trial.works ? 'the fix works: ' : ''}${trial.seen}`;
}

/** `until 2027-01-31: reason`. */
export function acceptance({ until, reason }: AcceptedEntry): string {
  return `${until === undefined ? '' : `until ${until}: `}${reason}`;
}

/** Sentences about entries of the file of accepted findings that have to change. */
export function acceptanceNotes({ over, stale }: AuditReport): string[] {
  return [
    ...over.map((entry) => `the acceptance of ${named(entry)} ended with ${entry.until}: the finding counts again`),
    ...stale.map((entry) => `the acceptance of ${named(entry)} names no finding: remove the entry`),
  ];
}

function named(entry: AcceptedEntry): string {
  return `${entry.rule}, ${entryObject(entry)},`;
}
