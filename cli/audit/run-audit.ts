import { auditDatabase } from '../../apply/diff.ts';
import { auditAnywhere, type DatabaseAudit, type DatabaseAuditOptions } from '../../audit/anywhere/audit-database.ts';
import { ANYWHERE_RULES } from '../../audit/anywhere/rules/index.ts';
import { tryFixes } from '../../audit/fixes/try-fixes.ts';
import { declaredScope } from '../../audit/declared-scope.ts';
import type { Finding } from '../../audit/finding.ts';
import type { ReportedFinding } from '../../audit/report/audit-report.ts';
import type { RuleDescription } from '../../audit/rule.ts';
import { ALL_RULES } from '../../audit/rules/index.ts';
import type { Declaration } from '../../declaration/types.ts';
import { connect, type DatabaseConnection } from '../../postgres/connect.ts';

/** Findings of an audit, and the rules that it checked. */
export interface AuditResult extends Pick<DatabaseAudit, 'scope' | 'server'> {
  readonly findings: readonly ReportedFinding[];
  readonly rules: readonly RuleDescription[];
}

/** Ids of every rule that an entry of accepted findings can name. */
export const KNOWN_RULES: readonly string[] = [...ANYWHERE_RULES, ...ALL_RULES].map(({ id }) => id);

/**
 * Audits a database, and compares it with a declaration where there is one.
 *
 * @throws SecuredPostgrestError `database_unreachable`, `unsupported_database`, `transaction_pooler`, `missing_role`
 */
export async function runAudit(
  connection: DatabaseConnection,
  options: DatabaseAuditOptions & { readonly declaration?: Declaration | undefined; readonly tryFixes?: boolean },
): Promise<AuditResult> {
  const { declaration, tryFixes: triesFixes = false, ...named } = options;
  const declared = declaration ? await auditDatabase(connection, declaration) : [];
  const scopeOptions = { ...(declaration && declaredScope(declaration)), ...named, environment: process.env };
  const client = await connect(connection);
  try {
    const { scope, server, findings } = await auditAnywhere(client, scopeOptions);
    const found = triesFixes ? await tryFixes(client, scopeOptions, findings) : findings;
    const isDeclared = declaration !== undefined && Object.keys(named).length === 0;
    return {
      scope: isDeclared ? { ...scope, foundBy: 'by the declaration' } : scope,
      server,
      findings: merged(declared, found),
      rules: rulesFor(declaration),
    };
  } finally {
    await client.end();
  }
}

/** Rules of any database that find what a rule of the declaration finds. */
const SAME_RULE: Readonly<Record<string, string>> = { policy_column_not_indexed: 'missing_index' };

/** Where both audits find the same about the same object, the declaration's finding knows more, except how the trial of a fix ended. */
function merged(declared: readonly Finding[], found: readonly ReportedFinding[]): ReportedFinding[] {
  const identity = ({ rule, object }: Finding) => JSON.stringify([SAME_RULE[rule] ?? rule, object.text]);
  const known = new Set(declared.map(identity));
  const tried = new Map(found.filter(({ trial }) => trial).map((finding) => [identity(finding), finding]));
  const topics = new Map(ALL_RULES.map(({ id, topic = 'exposure' }) => [id, topic]));
  return [
    ...declared.map((finding) => {
      const { fix = finding.fix, trial } = tried.get(identity(finding)) ?? {};
      return { ...finding, topic: topics.get(finding.rule)!, fix, ...(trial && { trial }) };
    }),
    ...found.filter((finding) => !known.has(identity(finding))),
  ];
}

/** Both kinds of rules share some ids: one description is enough. */
function rulesFor(declaration: Declaration | undefined): RuleDescription[] {
  const rules = declaration ? [...ANYWHERE_RULES, ...ALL_RULES] : ANYWHERE_RULES;
  return [...new Map(rules.map((rule) => [rule.id, rule])).values()];
}
