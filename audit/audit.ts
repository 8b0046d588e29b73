import type { PendingStatement } from './pending-statement.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { Declaration } from '../declaration/types.ts';
import { notAsDeclared } from './rules/as-declared.ts';
import { findingLine, type Finding, type Rule } from './finding.ts';
import { definerTriggers, functionsElsewhere, privilegesOfFunctions, securityDefiners } from './rules/functions.ts';
import { grantedToPublic, grantsElsewhere, widerDefaults } from './rules/grants.ts';
import { missingIndexes } from './rules/indexes.ts';
import { ownTables } from './rules/own-tables.ts';
import { apiRolePrivileges, logins, otherMembers } from './rules/roles.ts';
import { builtInChanges, eventTriggers, serverRelease, settingsForAll } from './rules/server.ts';
import {
  bypassingRelations,
  inheritedRows,
  replicatedTables,
  rewriteRules,
  rowSecurity,
  sharedRows,
} from './rules/tables.ts';
import type { Catalog } from '../postgres/catalog/catalog.ts';

export type { Finding } from './finding.ts';

/**
 * Looks for whatever would open more than is declared. It reads the catalogs, not what was meant to be done.
 *
 * @param pending what the catalog still needs to match the declaration
 */
export function audit(declaration: Declaration, catalog: Catalog, pending: readonly PendingStatement[]): Finding[] {
  return RULES.flatMap((rule) => rule(declaration, catalog, pending));
}

/** @throws SecuredPostgrestError `audit_failed` with every error among the findings */
export function refuseErrors(
  { name }: Declaration,
  findings: readonly Finding[],
  fix = 'correct it and try again',
): void {
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return;
  const list = errors.map(findingLine).join('; ');
  refuse('audit_failed', `declaration ${name}`, list, fix);
}

const RULES: readonly Rule[] = [
  rowSecurity,
  grantedToPublic,
  notAsDeclared,
  securityDefiners,
  definerTriggers,
  privilegesOfFunctions,
  functionsElsewhere,
  rewriteRules,
  bypassingRelations,
  sharedRows,
  inheritedRows,
  ownTables,
  logins,
  apiRolePrivileges,
  grantsElsewhere,
  widerDefaults,
  otherMembers,
  settingsForAll,
  builtInChanges,
  eventTriggers,
  replicatedTables,
  missingIndexes,
  serverRelease,
];
