import type { AcceptedEntry } from '../accepted-findings/accepted-entry.ts';
import { docsOf, failing, ruleOf, type AuditReport, type ReportedFinding } from './audit-report.ts';
import { jsonText } from './json-text.ts';
import type { Score } from './scores.ts';

/** Version of the format: it grows when a field changes its meaning or goes. */
const FORMAT = 1;

/** A report for programs, as docs/audit.md describes it. */
export function reportJson(report: AuditReport): string {
  const { generator, database, server, scope, findings, accepted, over, stale, scores, failOn } = report;
  return jsonText({
    format: FORMAT,
    generator,
    database,
    server,
    scope,
    failOn,
    failed: failing(report).length > 0,
    scores: { exposure: plainScore(scores.exposure), speed: plainScore(scores.speed) },
    findings: findings.map((finding) => plainFinding(report, finding)),
    accepted: accepted.map(({ finding, entry: { reason, until } }) => ({
      ...plainFinding(report, finding),
      reason,
      until,
    })),
    acceptancesOver: over.map(plainEntry),
    acceptancesStale: stale.map(plainEntry),
  });
}

function plainScore({ value, parts }: Score) {
  const points = parts.map(({ rule, findings, micropoints }) => ({ rule, findings, points: micropoints / 1_000_000 }));
  return { value, parts: points };
}

function plainFinding(report: AuditReport, finding: ReportedFinding) {
  const { rule, level, topic, object, problem, fix, trial } = finding;
  const description = ruleOf(report, finding);
  const about = description && { why: description.why, docs: docsOf(report, description) };
  return { rule, level, topic, object, problem, ...about, fix: { text: fix.text, sql: fix.sql }, trial };
}

function plainEntry({ rule, object, reason, until }: AcceptedEntry) {
  return { rule, object, reason, until };
}
