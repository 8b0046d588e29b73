import type pg from 'pg';
import type { AnywhereFinding } from './anywhere-rule.ts';
import type { AuditScope } from './find-scope.ts';
import { prepareSurvey, type AnywhereOptions } from './read-anywhere.ts';
import { readSurvey, surveying } from './read-survey.ts';
import { ANYWHERE_RULES } from './rules/index.ts';
import type { Survey, SurveyedServer } from './survey.ts';

/** Result of an audit of a database. */
export interface DatabaseAudit {
  readonly scope: AuditScope;
  readonly server: Pick<SurveyedServer, 'version' | 'database'>;
  readonly findings: readonly AnywhereFinding[];
}

/** Settings of an audit of a database. */
export type DatabaseAuditOptions = AnywhereOptions;

/**
 * Audits any database behind PostgREST, in a transaction that cannot write.
 *
 * @throws SecuredPostgrestError `unsupported_database`, `scope_not_found`, `unknown_role`, `unknown_schema`
 */
export async function auditAnywhere(client: pg.ClientBase, options: DatabaseAuditOptions = {}): Promise<DatabaseAudit> {
  return auditSurvey(await surveying(client, () => readSurvey(client)), options);
}

/** Audits what was read of a database. */
export async function auditSurvey(survey: Survey, options: DatabaseAuditOptions = {}): Promise<DatabaseAudit> {
  const audited = await prepareSurvey(survey, options);
  const findings = ANYWHERE_RULES.flatMap(({ id, levels, topic, find }) =>
    find(audited).map((found) => ({ rule: id, level: levels[0], topic, ...found })),
  );
  return { scope: audited.scope, server: survey.server, findings };
}
