import type { AcceptedEntry } from '../../../audit/accepted-findings/accepted-entry.ts';
import { columnObject, functionObject, namedObject, relationObject } from '../../../audit/finding-object.ts';
import { fix, run } from '../../../audit/fix.ts';
import {
  makeReport,
  type AuditReport,
  type ReportInput,
  type ReportedFinding,
} from '../../../audit/report/audit-report.ts';
import type { RuleDescription } from '../../../audit/rule.ts';

/** Rules of each topic and level. */
export const sampleRules: readonly RuleDescription[] = [
  {
    id: 'rls_disabled',
    levels: ['error'],
    subject: 'tables',
    why: 'A grant on a table without row security shows every row.',
    fix: 'Enable row security, and write a policy.',
  },
  {
    id: 'search_path_not_set',
    levels: ['warning', 'error'],
    subject: 'functions',
    why: 'A function without `search_path` finds the objects of the caller. The caller can put [others] in their {place}.',
    otherLevelWhen: 'where requests can create objects',
    fix: 'Set `search_path`.',
  },
  {
    id: 'missing_index',
    levels: ['warning'],
    subject: 'tables',
    topic: 'speed',
    why: 'A policy compares the column in each query. Without an index, each query reads the whole table.',
    fix: 'Create an index that begins with the column.',
  },
  {
    id: 'recursive_policy',
    levels: ['warning'],
    subject: 'tables',
    topic: 'failure',
    why: 'A policy reads its own table. Requests end with an error.',
    fix: 'Use a function with its owner’s rights.',
  },
  {
    id: 'truncate_granted',
    levels: ['info'],
    subject: 'grants',
    why: 'No request of PostgREST truncates a table.',
    fix: 'Revoke the privilege.',
  },
];

const todos = relationObject({ schema: 'api', name: 'todos' });

/** Out of order, as rules find them. */
export const sampleFindings: readonly ReportedFinding[] = [
  {
    rule: 'truncate_granted',
    level: 'info',
    topic: 'exposure',
    object: todos,
    problem: 'grants TRUNCATE to anon',
    fix: run('REVOKE TRUNCATE ON "api"."todos" FROM "anon"'),
  },
  {
    rule: 'missing_index',
    level: 'warning',
    topic: 'speed',
    object: columnObject({ schema: 'api', name: 'todos' }, 'user_id'),
    problem: 'is compared by a policy and has no index',
    fix: fix('create one that begins with "user_id"', 'CREATE INDEX ON "api"."todos" ("user_id")'),
  },
  {
    rule: 'search_path_not_set',
    level: 'warning',
    topic: 'exposure',
    object: functionObject({ schema: 'api', name: 'add', signature: 'api.add(integer)', arguments: ['integer'] }),
    problem: 'runs with its owner’s rights and with the search path of the caller',
    fix: run('ALTER FUNCTION "api"."add"(integer) SET search_path = \'\'', ', and name objects with their schemas'),
    trial: { works: true, seen: 'the finding was gone, and no new one came' },
  },
  {
    rule: 'rls_disabled',
    level: 'error',
    topic: 'exposure',
    object: todos,
    problem: 'is granted to anon without row security',
    fix: fix(
      'enable it, and write a policy',
      'ALTER TABLE "api"."todos" ENABLE ROW LEVEL SECURITY',
      'CREATE POLICY own ON "api"."todos" USING (user_id = (SELECT auth.uid()))',
    ),
  },
  {
    rule: 'rls_disabled',
    level: 'error',
    topic: 'exposure',
    object: relationObject({ schema: 'api', name: 'countries' }),
    problem: 'is granted to anon without row security',
    fix: fix('decide who may read it'),
  },
];

/** Entries of which one accepts, one is over and one names nothing. */
export const sampleEntries: readonly AcceptedEntry[] = [
  { rule: 'rls_disabled', object: 'api.countries', reason: 'public list', until: '2027-01-31' },
  { rule: 'missing_index', object: 'api.todos.user_id', reason: 'the table is small', until: '2026-10-31' },
  { rule: 'rls_disabled', object: { kind: 'table', schema: 'api', name: 'gone' }, reason: 'moved' },
];

/** A report with a finding of each level, and accepted ones. */
export function sampleReport(parts: Partial<ReportInput> = {}): AuditReport {
  return makeReport({
    generator: { name: 'secured-postgrest', version: '0.1.0' },
    database: 'todos',
    server: { version: 180_004 },
    scope: {
      schemas: ['api'],
      roles: ['anon', 'user'],
      anonymous: 'anon',
      authenticator: 'authenticator',
      foundBy: 'by PostgREST’s settings in the database',
    },
    rules: sampleRules,
    findings: sampleFindings,
    entries: sampleEntries,
    today: '2026-11-27',
    failOn: 'error',
    docs: 'https://docs.example/',
    ...parts,
  });
}

/** A report in which nothing is found. */
export function cleanReport(parts: Partial<ReportInput> = {}): AuditReport {
  return sampleReport({ findings: [], entries: [], ...parts });
}

/** Text that would leave its place in some format. */
export const HOSTILE =
  `"'\`\`\`\n|</script><script>alert(1)</script>]]>--><!-- &amp; @team #1 https://evil.example www.evil.example ` +
  '</details> {0} [x](1) \\ \u001b[31m\u0000\u202e\u2066\u2028\ufeff\uffff*/';

/** A report with that text in every place that comes from a database or a user. */
export function hostileReport(): AuditReport {
  const findings = (['error', 'warning', 'info'] as const).map((level): ReportedFinding => ({
    rule: 'rls_disabled',
    level,
    topic: 'exposure',
    object: { kind: 'table', schema: HOSTILE, name: HOSTILE, text: `${level} ${HOSTILE}` },
    problem: HOSTILE,
    fix: { text: HOSTILE, sql: [`ALTER TABLE "${HOSTILE}"`] },
    trial: { works: false, seen: HOSTILE },
  }));
  const accepted: ReportedFinding = { ...findings[0]!, object: namedObject('role', HOSTILE) };
  return sampleReport({
    database: HOSTILE,
    scope: { schemas: [HOSTILE], roles: [HOSTILE], anonymous: HOSTILE, authenticator: HOSTILE, foundBy: HOSTILE },
    findings: [...findings, accepted],
    entries: [
      { rule: 'rls_disabled', object: `role ${HOSTILE}`, reason: HOSTILE },
      { rule: 'rls_disabled', object: HOSTILE, reason: HOSTILE },
    ],
  });
}
