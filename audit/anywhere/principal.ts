import type { SurveyedRelation } from './survey.ts';

/** Names of columns that say whose row it is: one person's. */
const PERSONAL =
  /^(?:user|owner|owned_by|created_by|author|actor|sender|profile|member|customer|uid|sub|subject|student|patient|employee)(?:_?(?:id|uuid))?$/i;
/** …or that of everyone in one organization. */
const SHARED =
  /^(?:tenant|org|organi[sz]ation|team|workspace|company|account|group|household|clinic|school|store|merchant)(?:_?(?:id|uuid|key|slug))?$/i;
/** Columns by which a row is meant for everyone. */
const PUBLISHED = /public|publish|visib|shared|listed|featured|released|draft/i;

/** True for a name that says whose row it is: one person's. */
export function isPersonal(name: string): boolean {
  return PERSONAL.test(name);
}

/** True for a name that says which organization's row it is. */
export function isShared(name: string): boolean {
  return SHARED.test(name);
}

export function personalColumns({ columns }: SurveyedRelation): string[] {
  return columns.map(({ name }) => name).filter(isPersonal);
}

export function sharedColumns({ columns }: SurveyedRelation): string[] {
  return columns.map(({ name }) => name).filter(isShared);
}

/** Columns that say whose row it is. */
export function principalColumns(table: SurveyedRelation): string[] {
  return [...personalColumns(table), ...sharedColumns(table)];
}

/** Columns by which a row is meant for nobody any more, or for those who know a secret. */
const HIDDEN = /delet|trash|archiv|remov|token|secret/i;

export function isHiding(column: string): boolean {
  return HIDDEN.test(column);
}

export function isPublishing(column: string): boolean {
  return PUBLISHED.test(column);
}
