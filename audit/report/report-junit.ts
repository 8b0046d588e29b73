import { visibleHtml } from '../../errors/escape-html.ts';
import { findingLine } from '../finding.ts';
import { TOPICS, type RuleDescription } from '../rule.ts';
import { failing, type AuditReport, type ReportedFinding } from './audit-report.ts';
import { acceptance, acceptanceNotes, counted } from './report-words.ts';

/**
 * A report in JUnit's XML: a suite for each topic, a test for each rule. A test fails by findings of the level with which the
 * command fails; its output has the others, and those that are accepted.
 */
export function reportJunit(report: AuditReport): string {
  const tests = report.rules.map((rule) => ({ rule, ...testOf(report, rule) }));
  const suites = TOPICS.map((topic) => {
    const own = tests.filter(({ rule }) => (rule.topic ?? 'exposure') === topic);
    return element('testsuite', { name: topic, ...counts(own) }, own.map(({ xml }) => xml).join('\n'));
  });
  const notes = acceptanceNotes(report);
  const output = notes.length === 0 ? [] : [element('system-out', {}, notes.map(xmlText).join('\n'))];
  const name = `audit of ${report.database}`;
  const body = element('testsuites', { name, ...counts(tests) }, [...suites, ...output].join('\n'));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}\n`;
}

interface TestCase {
  readonly fails: boolean;
  readonly xml: string;
}

function counts(tests: readonly TestCase[]) {
  const failures = tests.filter(({ fails }) => fails).length;
  return { tests: tests.length, failures, errors: 0, skipped: 0, time: 0 };
}

function testOf(report: AuditReport, { id, topic = 'exposure' }: RuleDescription): TestCase {
  const own = report.findings.filter(({ rule }) => rule === id);
  const failures = failing({ ...report, findings: own });
  const others = own.slice(failures.length).map(leveledLine);
  const accepted = report.accepted.flatMap(({ finding, entry }) =>
    finding.rule === id ? [`accepted: ${leveledLine(finding)} ${acceptance(entry)}`] : [],
  );
  const output = [...others, ...accepted].map(xmlText).join('\n');
  const parts = [
    ...(failures.length === 0 ? [] : [failure(failures)]),
    ...(output === '' ? [] : [element('system-out', {}, output)]),
  ];
  const attributes = { classname: `audit.${topic}`, name: id, time: 0 };
  return { fails: failures.length > 0, xml: element('testcase', attributes, parts.join('\n')) };
}

/** Several findings are one failure: readers of the format take the first one only. */
function failure(findings: readonly ReportedFinding[]): string {
  const [{ level, object, problem }] = findings as [ReportedFinding];
  const message = findings.length === 1 ? `${object.text} ${problem}` : counted(findings.length, 'finding');
  return element('failure', { message, type: level }, findings.map(leveledLine).map(xmlText).join('\n'));
}

function leveledLine(finding: ReportedFinding): string {
  return `${finding.level}: ${findingLine(finding)}`;
}

function element(name: string, attributes: Readonly<Record<string, string | number>>, content: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${xmlText(String(value))}"`);
  const start = `<${name}${written.join('')}`;
  if (content === '') return `${start}/>`;
  return content.startsWith('<') ? `${start}>\n${content}\n</${name}>` : `${start}>${content}</${name}>`;
}

/** Text without the characters that XML has not. */
function xmlText(text: string): string {
  return visibleHtml(
    text.replace(/[\ufffe\uffff\p{Cs}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`),
  );
}
