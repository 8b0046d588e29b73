import type { PendingStatement } from './pending-statement.ts';
import type { Declaration } from '../declaration/types.ts';
import type { Catalog, CatalogRelation } from '../postgres/catalog/catalog.ts';

/** One thing that the audit has to say. */
export interface Finding {
  /** Stable name of the rule. */
  readonly rule: string;
  /** Errors keep a deploy from committing. */
  readonly level: 'error' | 'warning';
  readonly object: string;
  readonly problem: string;
  readonly fix: string;
}

/** A finding in one line, without its level. */
export function findingLine({ rule, object, problem, fix }: Finding): string {
  return `${rule}: ${object} ${problem} (${fix})`;
}

/** One subject that the audit looks at. */
export type Rule = (declaration: Declaration, catalog: Catalog, pending: readonly PendingStatement[]) => Finding[];

export function error(rule: string, object: string, problem: string, fix: string): Finding {
  return { rule, level: 'error', object, problem, fix };
}

export function warning(rule: string, object: string, problem: string, fix: string): Finding {
  return { rule, level: 'warning', object, problem, fix };
}

export function isTable({ kind }: CatalogRelation): boolean {
  return kind === 'r' || kind === 'p';
}

export function isGranted({ grants, column_grants }: CatalogRelation): boolean {
  return grants.length > 0 || column_grants.length > 0;
}

export function nameOf({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`;
}
