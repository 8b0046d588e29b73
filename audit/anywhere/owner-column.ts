import type { SurveyedRelation } from './survey.ts';

const NAME =
  /^(?:owner|tenant|customer|patient|student|employee|subscriber|(?:user|owner|tenant|org|organi[sz]ation|account|customer|member|team|workspace|company|profile|patient|student|employee|client|subscriber)_?(?:id|uid|uuid|sub)|uid|owned_by)$/i;

/** The column of a table that says whose row it is, by its name. */
export function ownerColumn({ columns }: SurveyedRelation): string | undefined {
  return columns.find(({ name }) => NAME.test(name))?.name;
}
