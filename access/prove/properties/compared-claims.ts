import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import {
  columnName,
  comparisonOf,
  comparisonsIn,
  type Comparison,
} from '../../../audit/anywhere/conditions/comparisons.ts';
import type { Condition } from '../../../audit/anywhere/conditions/conditions.ts';
import type { SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import { claimOf } from './claim-of.ts';

/** `column = claim` in a condition. */
export interface ComparedClaim {
  readonly column: string;
  readonly claim: readonly string[];
  /** SQL of the type in which they are compared. */
  readonly type: string;
}

/** Each comparison of a column with a claim in a condition. */
export function comparedClaims(
  audited: Anywhere,
  condition: Condition | undefined,
  table: SurveyedRelation,
): readonly ComparedClaim[] {
  return comparisonsIn(condition?.expression).flatMap((comparison) => compared(audited, comparison, table) ?? []);
}

/** The comparison that is all of a condition; undefined for any other condition. */
export function onlyComparison(
  audited: Anywhere,
  condition: Condition | undefined,
  table: SurveyedRelation,
): ComparedClaim | undefined {
  const { kind, node } = condition?.expression ?? {};
  return kind === 'A_Expr' && node ? compared(audited, comparisonOf(node), table) : undefined;
}

function compared(
  audited: Anywhere,
  { kind, operator, left, right }: Comparison,
  table: SurveyedRelation,
): ComparedClaim | undefined {
  if (kind !== 'AEXPR_OP' || operator !== '=') return undefined;
  for (const [one, other] of [
    [left, right],
    [right, left],
  ]) {
    const column = table.columns.find(({ name }) => name === columnName(one));
    const claim = column && claimOf(audited, other);
    if (claim) return { column: column.name, claim: claim.path, type: claim.type ?? 'text' };
  }
  return undefined;
}
