import type { Finding } from '../finding.ts';
import { jsonText } from '../report/json-text.ts';
import type { AcceptedEntry } from './accepted-entry.ts';
import type { AcceptedFinding } from './apply-accepted.ts';

/**
 * Writes a file of accepted findings: the entries that still name a finding, and new ones without a reason. Nobody can use the
 * file before a person has written the reasons.
 */
export function acceptedText(accepted: readonly AcceptedFinding[], findings: readonly Finding[]): string {
  const kept = new Set(accepted.map(({ entry }) => entry));
  const added = new Map(
    findings.map(({ rule, object: { text } }) => [JSON.stringify([rule, text]), { rule, object: text, reason: '' }]),
  );
  return jsonText([...kept, ...added.values()] satisfies AcceptedEntry[]);
}
