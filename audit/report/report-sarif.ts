import { visible } from '../../errors/visible.ts';
import type { Level } from '../finding.ts';
import type { FindingObject } from '../finding-object.ts';
import type { RuleDescription } from '../rule.ts';
import { docsOf, type AuditReport, type ReportedFinding } from './audit-report.ts';
import { fingerprints } from './fingerprint.ts';
import { jsonText } from './json-text.ts';
import { acceptanceNotes, trialWords } from './report-words.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json';

const SARIF_LEVELS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', info: 'note' };

/** Numbers by which GitHub calls an alert high, medium or low. */
const SEVERITIES: Readonly<Record<Level, string>> = { error: '8.0', warning: '5.0', info: '2.0' };

/** A report in SARIF 2.1.0, which GitHub's code scanning and other viewers read. */
export function reportSarif(report: AuditReport): string {
  const { generator, database, scope, scores, rules, findings, accepted, docs } = report;
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  const marks = fingerprints(findings);
  const driver = {
    name: generator.name,
    version: generator.version,
    ...(docs !== undefined && { informationUri: docs }),
    rules: rules.map((rule) => sarifRule(report, rule)),
  };
  const run = {
    tool: { driver },
    // Alerts of another database are not those of this one.
    automationDetails: { id: `audit/${encodeURIComponent(visible(database))}/` },
    columnKind: 'utf16CodeUnits',
    invocations: [
      {
        executionSuccessful: true,
        toolExecutionNotifications: acceptanceNotes(report).map((note) => ({
          level: 'warning',
          message: message(note),
        })),
      },
    ],
    results: findings.map((finding, index) => result(finding, marks[index]!, indexes.get(finding.rule))),
    properties: {
      scope,
      scores: { exposure: scores.exposure.value, speed: scores.speed.value },
      // Code scanning opens alerts also for results that are marked as suppressed: accepted findings are none.
      accepted: accepted.map(({ finding: { rule, object }, entry: { reason, until } }) => ({
        rule,
        object: object.text,
        reason,
        until,
      })),
    },
  };
  return jsonText({ $schema: SCHEMA, version: '2.1.0', runs: [run] });
}

function sarifRule(report: AuditReport, rule: RuleDescription) {
  const { id, levels, topic = 'exposure', why, fix } = rule;
  return {
    id,
    shortDescription: message(firstSentence(why)),
    fullDescription: message(why),
    help: {
      ...message(`${why} Fix: ${fix} See ${docsOf(report, rule)}.`),
      markdown: `${why}\n\n**Fix:** ${fix}\n\n${docsLink(report, rule)}`,
    },
    ...(report.docs !== undefined && { helpUri: docsOf(report, rule) }),
    defaultConfiguration: { level: SARIF_LEVELS[levels[0]] },
    properties:
      topic === 'exposure'
        ? { tags: ['security', topic], 'security-severity': SEVERITIES[levels[0]] }
        : { tags: [topic === 'speed' ? 'performance' : 'reliability', topic] },
  };
}

function docsLink(report: AuditReport, rule: RuleDescription): string {
  const place = docsOf(report, rule);
  return report.docs === undefined ? `\`${place}\`` : `[${rule.id}](${place})`;
}

function result(finding: ReportedFinding, mark: string, ruleIndex: number | undefined) {
  const { rule, level, topic, object, problem, fix } = finding;
  const tried = trialWords(finding);
  const text = `${object.text} ${problem}. Fix: ${fix.text}${tried === undefined ? '' : ` (${tried})`}`;
  return {
    ruleId: rule,
    ...(ruleIndex !== undefined && { ruleIndex }),
    level: SARIF_LEVELS[level],
    message: message(text),
    locations: [{ physicalLocation: physicalLocation(object), logicalLocations: [logicalLocation(object)] }],
    // GitHub follows an alert by the first of them.
    partialFingerprints: { primaryLocationLineHash: mark, 'ruleAndObject/v1': mark },
    properties: { topic, object, fix: { text: fix.text, sql: fix.sql } },
  };
}

/** GitHub shows nothing without a file: an object of a database gets the name of one that need not exist. */
function physicalLocation({ text }: FindingObject) {
  const uri = `database/${encodeURIComponent(visible(text))}.sql`;
  return { artifactLocation: { uri }, region: { startLine: 1 } };
}

function logicalLocation({ kind, name, text }: FindingObject) {
  return { name: visible(name), fullyQualifiedName: visible(text), kind };
}

/** In a message of SARIF, brackets begin a link and braces a placeholder. */
function message(text: string): { text: string } {
  return {
    text: visible(text)
      .replace(/[\\[\]]/g, '\\$&')
      .replace(/[{}]/g, '$&$&'),
  };
}

function firstSentence(text: string): string {
  return /^.*?\.(?= |$)/s.exec(text)?.[0] ?? text;
}
