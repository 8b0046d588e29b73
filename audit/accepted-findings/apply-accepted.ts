import type { Finding } from '../finding.ts';
import { names, type AcceptedEntry } from './accepted-entry.ts';

/** A finding that a file of accepted findings names. */
export interface AcceptedFinding<Found extends Finding = Finding> {
  readonly finding: Found;
  readonly entry: AcceptedEntry;
}

/** Findings after the accepted ones are taken out. */
export interface Acceptance<Found extends Finding = Finding> {
  /** Findings that count. */
  readonly findings: readonly Found[];
  readonly accepted: readonly AcceptedFinding<Found>[];
  /** Entries whose last day has passed, and whose findings count again. */
  readonly over: readonly AcceptedEntry[];
  /** Entries that name no finding. */
  readonly stale: readonly AcceptedEntry[];
}

/**
 * Takes accepted findings out.
 *
 * @param today date in UTC, as `YYYY-MM-DD`
 * @param rules ids of the rules that were checked: an entry of another rule is not stale
 */
export function applyAccepted<Found extends Finding>(
  found: readonly Found[],
  entries: readonly AcceptedEntry[],
  { today, rules }: { readonly today: string; readonly rules: readonly string[] },
): Acceptance<Found> {
  const isOver = ({ until }: AcceptedEntry) => until !== undefined && until < today;
  const findings: Found[] = [];
  const accepted: AcceptedFinding<Found>[] = [];
  const matched = new Set<AcceptedEntry>();
  for (const finding of found) {
    const matching = entries.filter((entry) => entry.rule === finding.rule && names(entry, finding.object));
    for (const entry of matching) matched.add(entry);
    const entry = matching.find((one) => !isOver(one));
    if (entry) accepted.push({ finding, entry });
    else findings.push(finding);
  }
  return {
    findings,
    accepted,
    over: entries.filter((entry) => matched.has(entry) && isOver(entry)),
    stale: entries.filter((entry) => !matched.has(entry) && rules.includes(entry.rule)),
  };
}
