import { visible, visibleLines } from '../../errors/visible.ts';
import { LEVELS, type Level } from '../finding.ts';
import { docsOf, failing, ruleOf, type AuditReport, type ReportedFinding } from './audit-report.ts';
import { groupBy } from '../group-by.ts';
import {
  acceptance,
  acceptanceNotes,
  HEADINGS,
  scopeLines,
  scoreParts,
  serverName,
  summary,
  trialWords,
} from './report-words.ts';
import { wrapped } from './wrap-text.ts';

export interface ReportTextOptions {
  /** Colors for a terminal, as escape sequences. @default false */
  readonly color?: boolean;
}

/** Codes of ECMA-48, "Select Graphic Rendition". */
const COLORS: Readonly<Record<Level, number>> = { error: 31, warning: 33, info: 36 };

/** A report for a terminal of 80 columns: findings by level and rule, and a summary in the last line. */
export function reportText(report: AuditReport, { color = false }: ReportTextOptions = {}): string {
  const paint = (code: number, text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const levels = LEVELS.flatMap((level) => {
    const findings = report.findings.filter((finding) => finding.level === level);
    if (findings.length === 0) return [];
    const heading = paint(COLORS[level], `${HEADINGS[level]} (${findings.length})`);
    return [[heading, ...ruleBlocks(report, findings)].join('\n\n')];
  });
  const blocks = [header(report), ...levels, acceptedBlock(report), footer(report)];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function header(report: AuditReport): string {
  const { database, scope } = report;
  return [
    ...wrapped(`audit of ${visible(database)}, ${serverName(report)}`, ''),
    ...scopeLines(report).flatMap(([name, values]) => wrapped(`${name}: ${values.map(visible).join(', ')}`, '  ')),
    ...wrapped(`found ${visible(scope.foundBy)}`, '  '),
  ].join('\n');
}

function ruleBlocks(report: AuditReport, findings: readonly ReportedFinding[]): string[] {
  return [...groupBy(findings, ({ rule }) => rule)].map(([id, found]) => {
    const rule = ruleOf(report, found[0]!);
    const about = rule ? [...wrapped(rule.why, '  '), `  ${docsOf(report, rule)}`] : [];
    return [id, ...about, ...found.flatMap(findingLines)].join('\n');
  });
}

function findingLines(finding: ReportedFinding): string[] {
  const { object, problem, fix } = finding;
  const tried = trialWords(finding);
  const [first, ...rest] = wrapped(visible(`${object.text} ${problem}`), '    ');
  const statements = fix.sql.flatMap((sql) => visibleLines(`${sql};`).split('\n'));
  return [
    `  - ${first!.trimStart()}`,
    ...rest,
    // A fix that is its statement is written once, as it is run.
    ...(fix.sql.length === 1 && fix.text === fix.sql[0] ? [] : wrapped(visible(`fix: ${fix.text}`), '    ')),
    ...statements.map((line) => `      ${line}`),
    ...(tried === undefined ? [] : wrapped(visible(tried), '    ')),
  ];
}

function acceptedBlock({ accepted }: AuditReport): string {
  if (accepted.length === 0) return '';
  const lines = accepted.flatMap(({ finding, entry }) => {
    const [first, ...rest] = wrapped(
      visible(`${finding.level}: ${finding.rule}: ${finding.object.text} ${acceptance(entry)}`),
      '    ',
    );
    return [`  - ${first!.trimStart()}`, ...rest];
  });
  return [`Accepted (${accepted.length})`, '', ...lines].join('\n');
}

function footer(report: AuditReport): string {
  const { scores, failOn } = report;
  const score = (name: keyof typeof scores) => {
    const parts = scoreParts(scores[name]);
    return wrapped(`${name}: ${scores[name].value} of 100${parts === '' ? '' : ` (${parts})`}`, '');
  };
  const verdict = failing(report).length === 0 ? 'passed' : 'failed';
  return [
    ...acceptanceNotes(report).flatMap((note) => wrapped(visible(note), '')),
    ...score('exposure'),
    ...score('speed'),
    `${verdict}: ${summary(report)}${failOn === 'error' ? '' : ` (--fail-on ${failOn})`}`,
  ].join('\n');
}
