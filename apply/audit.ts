import { refuse } from '../declaration/errors.ts';
import type { Declaration } from '../declaration/types.ts';
import { notAsDeclared } from './audit/as-declared.ts';
import type { Finding, Rule } from './audit/finding.ts';
import { definerTriggers, functionsElsewhere, privilegesOfFunctions, securityDefiners } from './audit/functions.ts';
import { grantedToPublic, grantsElsewhere, widerDefaults } from './audit/grants.ts';
import { missingIndexes } from './audit/indexes.ts';
import { ownTables } from './audit/own-tables.ts';
import { apiRolePrivileges, logins, otherMembers } from './audit/roles.ts';
import { builtInChanges, eventTriggers, serverRelease, settingsForAll } from './audit/server.ts';
import {
  bypassingRelations,
  inheritedRows,
  replicatedTables,
  rewriteRules,
  rowSecurity,
  sharedRows,
} from './audit/tables.ts';
import type { Catalog } from './catalog.ts';

export type { Finding } from './audit/finding.ts';

/** Looks for whatever would open more than is declared. It reads the catalogs, not what was meant to be done. */
export function audit(declaration: Declaration, catalog: Catalog): Finding[] {
  return RULES.flatMap((rule) => rule(declaration, catalog));
}

/** @throws SecuredPostgrestError `audit_failed` with every error among the findings */
export function refuseErrors(
  { name }: Declaration,
  findings: readonly Finding[],
  fix = 'correct it and try again',
): void {
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return;
  const list = errors.map(({ rule, object, problem, fix }) => `${rule}: ${object} ${problem} (${fix})`).join('; ');
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
