import type pg from 'pg';
import { oldestMajor } from '../../declaration/releases/releases.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import type { AnywhereFinding } from './anywhere-rule.ts';
import { prepare } from './anywhere.ts';
import { findScope, type AuditScope, type PostgrestEnvironment, type ScopeOptions } from './find-scope.ts';
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
export interface DatabaseAuditOptions extends ScopeOptions {
  /** PostgREST's variables. @default none */
  readonly environment?: PostgrestEnvironment;
}

/**
 * Audits any database behind PostgREST, in a transaction that cannot write.
 *
 * @throws SecuredPostgrestError `unsupported_database`, `scope_not_found`, `unknown_role`, `unknown_schema`
 */
export async function auditAnywhere(client: pg.ClientBase, options: DatabaseAuditOptions = {}): Promise<DatabaseAudit> {
  return auditSurvey(await surveying(client, () => readSurvey(client)), options);
}

/** Audits what was read of a database. */
export async function auditSurvey(
  survey: Survey,
  { environment = {}, ...options }: DatabaseAuditOptions = {},
): Promise<DatabaseAudit> {
  checkVersion(survey.server);
  const scope = findScope(survey, options, environment);
  const audited = await prepare(survey, scope);
  const findings = ANYWHERE_RULES.flatMap(({ id, levels, topic, find }) =>
    find(audited).map((found) => ({ rule: id, level: levels[0], topic, ...found })),
  );
  return { scope, server: survey.server, findings };
}

/** @throws SecuredPostgrestError `unsupported_database` for a server that is too old */
export function checkVersion({ version, database }: SurveyedServer): void {
  const oldest = oldestMajor('PostgreSQL');
  if (version >= oldest * 10_000) return;
  refuse(
    'unsupported_database',
    `database ${database}`,
    `its server is version ${Math.floor(version / 10_000)}`,
    `use PostgreSQL ${oldest} or later, whose views can run with the rights of who asks`,
  );
}
