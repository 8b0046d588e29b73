import { visible, visibleLines } from '../../errors/visible.ts';
import { groupBy } from '../group-by.ts';
import { findingLine } from '../finding.ts';
import { docsOf, ruleOf, type AuditReport, type ReportedFinding } from './audit-report.ts';
import { code, cut, fence, folded, limited, MAX_COMMENT } from './comment-markdown.ts';
import { acceptance, acceptanceNotes, counted, serverName, summary, trialWords } from './report-words.ts';

/** Lengths of parts: they leave room for details. */
const MAX_TABLE = 20_000;
const MAX_LIST = 5_000;
const MAX_FINDING = 4_000;
const MAX_LINE = 500;
/** Names of a rule's objects in the table. */
const MAX_NAMES = 3;

interface RuleFindings {
  readonly id: string;
  readonly findings: readonly ReportedFinding[];
}

/**
 * A report as a comment of a pull request, in the Markdown of GitHub and GitLab. It begins with a comment that is not shown,
 * by which a bot finds the comment that it wrote last ({@link commentMarker}).
 */
export function reportComment(report: AuditReport): string {
  const rules = [...groupBy(report.findings, ({ level, rule }) => `${level} ${rule}`).values()].map((findings) => ({
    id: findings[0]!.rule,
    findings,
  }));
  const head = [
    commentMarker(report.database),
    `### Audit of ${code(report.database)}: ${summary(report)}`,
    scores(report),
  ];
  const notes = acceptanceNotes(report).map((note) => cut(note, MAX_LINE));
  const table = rules.length === 0 ? [] : [tableOf(report, rules)];
  const foot = [
    ...(notes.length === 0
      ? []
      : [folded('accepted findings that have changed', fence('text', limited(notes, MAX_LIST)))]),
    ...acceptedDetails(report),
  ];
  const others = [...head, ...table, ...foot].join('\n\n');
  const details = detailsWithin(report, rules, MAX_COMMENT - others.length - 2_000);
  return `${[...head, ...table, ...details, ...foot].join('\n\n')}\n`;
}

/** First line of the comment about a database. */
export function commentMarker(database: string): string {
  // Two hyphens could end the comment.
  return `<!-- secured-postgrest audit of ${encodeURIComponent(visible(database)).replaceAll('-', '%2D')} -->`;
}

function scores(report: AuditReport): string {
  const { exposure, speed } = report.scores;
  return `exposure **${exposure.value}** of 100, speed **${speed.value}** of 100, ${serverName(report)}`;
}

function tableOf(report: AuditReport, rules: readonly RuleFindings[]): string {
  const rows = rules.map(({ id, findings }) => {
    const named = findings.slice(0, MAX_NAMES).map(({ object }) => code(object.text));
    const more = findings.length > MAX_NAMES ? [`${findings.length - MAX_NAMES} more`] : [];
    return `| ${findings[0]!.level} | ${ruleLink(report, id, findings[0]!)} | ${[...named, ...more].join(', ')} |`;
  });
  return [
    '| level | rule | objects |',
    '| --- | --- | --- |',
    limited(rows, MAX_TABLE, (rest) => `| | ${counted(rest, 'more rule')} | |`),
  ].join('\n');
}

function ruleLink(report: AuditReport, id: string, finding: ReportedFinding): string {
  const rule = ruleOf(report, finding);
  return rule && report.docs !== undefined ? `[${id}](${docsOf(report, rule)})` : `\`${id}\``;
}

/** Details of rules, in their order, as long as there is room. */
function detailsWithin(report: AuditReport, rules: readonly RuleFindings[], room: number): string[] {
  const blocks: string[] = [];
  let left = room;
  for (const { id, findings } of rules) {
    const why = ruleOf(report, findings[0]!)?.why;
    const about = why === undefined ? '' : `${why}\n\n`;
    const text = limited(findings.map(statements), left - about.length - 200, (rest) => `-- ${rest} more`);
    const block = folded(
      `${findings[0]!.level}: ${id}, ${counted(findings.length, 'finding')}`,
      about + fence('sql', text),
    );
    if (text === '' || block.length > left) return [...blocks, 'The comment has no room for more details.'];
    blocks.push(block);
    left -= block.length + 2;
  }
  return blocks;
}

/** A finding as SQL: all that is no statement is a comment on one line. */
function statements(finding: ReportedFinding): string {
  const { object, problem, fix } = finding;
  const lines = [`${object.text} ${problem}`, `fix: ${fix.text}`, trialWords(finding) ?? []].flat();
  const about = lines.map((line) => `-- ${cut(line, MAX_LINE)}`);
  const sql = fix.sql.map((statement) => `${visibleLines(statement)};`);
  const whole = [...about, ...sql].join('\n');
  // A part of a statement would be another statement.
  return whole.length <= MAX_FINDING ? whole : [...about, '-- the full report has the statements'].join('\n');
}

function acceptedDetails({ accepted }: AuditReport): string[] {
  if (accepted.length === 0) return [];
  const lines = accepted.map(({ finding, entry }) => cut(`${findingLine(finding)} ${acceptance(entry)}`, MAX_LINE));
  return [folded(`${accepted.length} accepted`, fence('text', limited(lines, MAX_LIST)))];
}
