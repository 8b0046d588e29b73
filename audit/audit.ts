import { catalogScope } from '../compile/catalog-scope.ts';
import type { Declaration } from '../declaration/types.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { Catalog } from '../postgres/catalog/catalog.ts';
import { acceptedBy } from './accepted.ts';
import { findingLine, type Finding } from './finding.ts';
import type { PendingStatement } from './pending-statement.ts';
import type { Audited, Found, RuleDescription } from './rule.ts';
import { RULES } from './rules/index.ts';

/**
 * Finds everything in a catalog that opens more than is declared.
 *
 * @param pending statements that the database still needs to match the declaration
 */
export function audit(declaration: Declaration, catalog: Catalog, pending: readonly PendingStatement[]): Finding[] {
  const audited = { catalog, scope: catalogScope(declaration), accepted: acceptedBy(declaration) };
  return RULES.flatMap((rule) =>
    stamped(rule, 'check' in rule ? rule.check(audited) : rule.compare({ declaration, catalog, pending })),
  );
}

/** Finds danger in a catalog that has no declaration, by the rules that need none. */
export function auditCatalog(audited: Audited): Finding[] {
  return RULES.flatMap((rule) => ('check' in rule ? stamped(rule, rule.check(audited)) : []));
}

function stamped({ id, levels }: RuleDescription, found: readonly Found[]): Finding[] {
  return found.map((finding) => ({ rule: id, level: levels[0], ...finding }));
}

/** @throws SecuredPostgrestError `audit_failed` with every error among the findings */
export function refuseErrors(
  { name }: Declaration,
  findings: readonly Finding[],
  fix = 'correct it and try again',
): void {
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return;
  refuse('audit_failed', `declaration ${name}`, errors.map(findingLine).join('; '), fix);
}
