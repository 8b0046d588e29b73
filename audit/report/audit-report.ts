import type { AcceptedEntry } from '../accepted-findings/accepted-entry.ts';
import { applyAccepted, type Acceptance } from '../accepted-findings/apply-accepted.ts';
import { LEVELS, type Finding, type Level } from '../finding.ts';
import { docsPage, type RuleDescription, type Topic } from '../rule.ts';
import { scoresOf, type Scores } from './scores.ts';

/** Result of a fix that was run and rolled back. */
export interface FixTrial {
  /** The finding was gone, and no new one came. */
  readonly works: boolean;
  /** Outcome in words, such as `permission denied for table todos`. */
  readonly seen: string;
}

/** A finding with the topic of its rule. */
export interface ReportedFinding extends Finding {
  readonly topic: Topic;
  /** Undefined where the fix was not tried. */
  readonly trial?: FixTrial;
}

/** The part of a database that requests reach. */
export interface AuditScope {
  /** Exposed schemas. */
  readonly schemas: readonly string[];
  /** Roles of requests. */
  readonly roles: readonly string[];
  /** Role of requests without a token. */
  readonly anonymous?: string | undefined;
  readonly authenticator?: string | undefined;
  /** Where the scope comes from, as the end of a sentence: `by PostgREST's settings in the database`. */
  readonly foundBy: string;
}

/** The lowest level of findings with which the command fails. */
export type FailOn = Level | 'never';

/** An audit of a database with everything that reports say of it. */
export interface AuditReport extends Acceptance<ReportedFinding> {
  readonly generator: { readonly name: string; readonly version: string };
  /** Name of the database, without its host. */
  readonly database: string;
  /** The server's `server_version_num`, such as 180004. */
  readonly server: { readonly version: number };
  readonly scope: AuditScope;
  /** Rules that were checked. */
  readonly rules: readonly RuleDescription[];
  /** Scores of the findings that count. */
  readonly scores: Scores;
  readonly failOn: FailOn;
  /** Address of the project's files, with `/` at its end; undefined where it is not known. */
  readonly docs?: string | undefined;
}

/** Parts from which a report is made. */
export interface ReportInput extends Omit<AuditReport, 'scores' | keyof Acceptance> {
  readonly findings: readonly ReportedFinding[];
  readonly entries: readonly AcceptedEntry[];
  /** Date in UTC, as `YYYY-MM-DD`. */
  readonly today: string;
}

/** Makes a report: takes accepted findings out, sorts and scores the others. */
export function makeReport({ findings, entries, today, ...parts }: ReportInput): AuditReport {
  const rules = parts.rules.map(({ id }) => id);
  const acceptance = applyAccepted(findings.toSorted(byLevel), entries, { today, rules });
  return { ...parts, ...acceptance, scores: scoresOf(acceptance.findings) };
}

/** The worst first; rules and objects stay together. */
function byLevel(a: ReportedFinding, b: ReportedFinding): number {
  return (
    LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) ||
    compare(a.rule, b.rule) ||
    compare(a.object.text, b.object.text) ||
    compare(a.problem, b.problem)
  );
}

/** Compares by code units, so that the order does not depend on the machine's language. */
function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Findings with which the command fails. */
export function failing({ findings, failOn }: Pick<AuditReport, 'findings' | 'failOn'>): readonly ReportedFinding[] {
  if (failOn === 'never') return [];
  return findings.filter(({ level }) => LEVELS.indexOf(level) <= LEVELS.indexOf(failOn));
}

/** Place of a rule's documentation: an address, or a path in the project where the address is not known. */
export function docsOf({ docs = '' }: AuditReport, rule: RuleDescription): string {
  return `${docs}${docsPage(rule)}`;
}

/** Description of a finding's rule. */
export function ruleOf({ rules }: AuditReport, { rule }: Finding): RuleDescription | undefined {
  return rules.find(({ id }) => id === rule);
}
